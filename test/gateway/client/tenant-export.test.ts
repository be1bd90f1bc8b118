// A tenant out of a relay, cut off everywhere.
import { describe, expect, test } from "vitest";
import { readExportLine } from "../../../gateway/client/export-lines.ts";
import { ExportPlace } from "../../../gateway/client/export-place.ts";
import { TenantsHttp } from "../../../gateway/client/tenants-http.ts";
import { MAX_EXPORT_STARTS } from "../../../gateway/limits.ts";
import {
  ACCOUNTS,
  answer,
  encoder,
  From,
  header,
  Kept,
  PAGE,
  rowsOf,
  targetOf,
  TENANT,
  TENANT_ROW,
  tenants,
  wrongWith,
} from "../support/moving-relays.ts";

describe("export", () => {
  test("TEN11 comes page by page, whole and in order", async () => {
    const [from, sink] = [new From(), new Kept()];
    const seen: number[] = [];
    const done = await tenants(from).export(TENANT, sink, {
      onProgress: ({ accounts }) => seen.push(accounts),
    });
    expect(done).toMatchObject({
      accounts: 5,
      bytes: sink.bytes.length,
      kept: 0,
      header: { tenant: TENANT },
    });
    expect(from.asked).toEqual([null, "acc_2", "acc_4"]);
    expect(wrongWith(sink.lines)).toBeUndefined();
    expect([...new Set(seen)]).toEqual([0, 1, 2, 3, 4, 5]);
  });

  test("TEN11 cut off anywhere, also inside a character, it goes on after the last account that is whole, and nothing comes twice", async () => {
    const length = encoder.encode(
      [
        header(7),
        TENANT_ROW,
        ...ACCOUNTS.slice(0, PAGE).flatMap(rowsOf),
        '{"t":"more","after":"acc_2"}',
      ].join("\n"),
    ).length;
    for (let cut = 0; cut <= length; cut += 3) {
      const [from, sink] = [new From(), new Kept()];
      // The second answer breaks off as well.
      from.cuts = [cut, Math.floor(cut / 2)];
      await tenants(from).export(TENANT, sink);
      expect(wrongWith(sink.lines)).toBeUndefined();
    }
  });

  test("TEN11 what another run left is gone on with, and what has its last line is whole", async () => {
    const whole = new Kept();
    await tenants(new From()).export(TENANT, whole);
    for (const kept of [1, 4, 7, 12, 17, whole.lines.length]) {
      const [from, sink, place] = [new From(), new Kept(), new ExportPlace()];
      for (const text of whole.lines.slice(0, kept)) {
        const bytes = encoder.encode(`${text}\n`);
        const line = readExportLine(text);
        if (line !== undefined) place.take(line, bytes.length);
        await sink.write(bytes);
      }
      const done = await tenants(from).export(TENANT, sink, { kept: place });
      expect(wrongWith(sink.lines)).toBeUndefined();
      expect(from.asked.length === 0).toBe(kept === whole.lines.length);
      expect(done.accounts).toBe(5);
    }
  });

  test("TEN11 where something was said of the tenant meanwhile, or an account went, it begins anew; not for ever", async () => {
    const [from, sink] = [new From(), new Kept()];
    from.cuts = [520];
    from.meanwhile = () => {
      if (from.asked.length === 2) from.changed += 1;
    };
    await tenants(from).export(TENANT, sink);
    expect(wrongWith(sink.lines)).toBeUndefined();
    expect(from.asked.slice(0, 3)).toEqual([null, "acc_1", null]);

    const gone = new From();
    gone.cuts = [520];
    gone.meanwhile = () => {
      if (gone.asked.length === 2) gone.refusals = ["gone"];
    };
    const other = new Kept();
    await tenants(gone).export(TENANT, other);
    expect(wrongWith(other.lines)).toBeUndefined();

    const restless = new From();
    restless.meanwhile = () => void (restless.changed += 1);
    await expect(tenants(restless).export(TENANT, new Kept())).rejects.toThrow("again and again");
    expect(restless.asked).toHaveLength(2 * MAX_EXPORT_STARTS);
  });

  test("TEN11 it waits for accounts that were not told, and a refusal is one at once", async () => {
    const [from, sink] = [new From(), new Kept()];
    from.refusals = ["not_ready", "not_ready"];
    await tenants(from).export(TENANT, sink);
    expect(wrongWith(sink.lines)).toBeUndefined();
    from.refusals = ["conflict"];
    await expect(tenants(from).export(TENANT, sink)).rejects.toMatchObject({ code: "conflict" });
    expect(from.asked).toHaveLength(6);
  });

  test("one request is an iterable, which a break ends in an error", async () => {
    const from = new From();
    const read: string[] = [];
    for await (const { line } of tenants(from).exportLines(TENANT, { after: "acc_4" })) read.push(line.t);
    expect(read).toEqual(["export", "account", "account_row", "account_row", "account_row", "end"]);
    from.cuts = [300];
    const broken = async (): Promise<void> => {
      for await (const { text } of tenants(from).exportLines(TENANT)) read.push(text);
    };
    await expect(broken()).rejects.toMatchObject({ code: "unreachable" });
  });
});

test("what is no export is not taken for one", async () => {
  const failed = new TenantsHttp(targetOf(async () => answer(200, "<html>\n"))).export(TENANT, new Kept());
  await expect(failed).rejects.toMatchObject({ code: "unexpected_answer" });
});
