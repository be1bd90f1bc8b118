// A tenant into a relay, in requests that are lost, or whose answers are.
import { describe, expect, test } from "vitest";
import { TenantsHttp } from "../../../gateway/client/tenants-http.ts";
import { ALL, From, Kept, targetOf, TENANT, tenants, To } from "../support/moving-relays.ts";

describe("import", () => {
  const partBytes = 200;
  async function* lines(from: From, most = Infinity): AsyncGenerator<string, void> {
    const sink = new Kept();
    await tenants(from).export(TENANT, sink);
    yield* sink.lines.slice(0, most);
  }
  const into = (to: To): TenantsHttp => new TenantsHttp(targetOf(to.fetch));

  test("TEN13 goes in small requests, each with the header first and a last line, and comes whole", async () => {
    const to = new To();
    const progress: number[] = [];
    const done = await into(to).import(lines(new From()), {
      partBytes,
      onProgress: ({ bytes }) => progress.push(bytes),
    });
    expect(done).toEqual({ tenant: TENANT, state: "suspended", accounts: 5, wasHere: false });
    expect([...to.taken]).toEqual(ALL);
    expect(to.parts.length).toBeGreaterThan(5);
    for (const part of to.parts) {
      expect(part[0]).toContain('"t":"export"');
      expect(part.at(-1)).toMatch(/"t":"(more|end)"/);
      expect(part.slice(1, -1).join("\n").length).toBeLessThanOrEqual(partBytes);
    }
    expect(progress).toEqual([...progress].sort((a, b) => a - b));
  });

  test("TEN13 no request makes more accounts than a Worker may", async () => {
    const to = new To();
    await into(to).import(lines(new From()), { partAccounts: 2 });
    const begun = to.parts.map((part) => part.filter((line) => line.includes('"t":"account"')).length);
    expect(begun).toEqual([2, 2, 1]);
    const one = new To();
    await into(one).import(lines(new From()), { partAccounts: 1 });
    expect([...one.taken]).toEqual(ALL);
  });

  test("TEN13 whichever request is lost, or its answer, it is said again and all of it comes", async () => {
    const requests = 10;
    for (const fault of ["lost", "unheard"] as const) {
      for (let at = 0; at < requests; at += 1) {
        const to = new To();
        to.faults = [...Array.from({ length: at }, () => undefined), fault, fault];
        const done = await into(to).import(lines(new From()), { partBytes });
        expect([...to.taken]).toEqual(ALL);
        expect(done).toMatchObject({ state: "suspended", wasHere: false });
      }
    }
  });

  test("a relay that restarts is waited for, and one that was never there is said at once", async () => {
    const to = new To();
    to.faults = ["lost", "away", "away", "away"];
    await into(to).import(lines(new From()), { partBytes });
    expect([...to.taken]).toEqual(ALL);
    const nowhere = new To();
    nowhere.faults = ["away"];
    const failed = into(nowhere).import(lines(new From()), { partBytes });
    await expect(failed).rejects.toMatchObject({ code: "unreachable", neverLeft: true });
  });

  test("TEN13 what is there already is said as such; a refusal is one at once", async () => {
    const to = new To();
    await into(to).import(lines(new From()), { partBytes });
    expect(await into(to).import(lines(new From()), { partBytes })).toMatchObject({ wasHere: true });
    const other = new To();
    other.refusal = "conflict";
    await expect(into(other).import(lines(new From()))).rejects.toMatchObject({ code: "conflict" });
    expect(other.parts).toEqual([]);
  });

  test("TEN13 without its last line it is no import, and nothing takes it for one", async () => {
    const to = new To();
    await expect(into(to).import(lines(new From(), 12), { partBytes })).rejects.toThrow(
      "its last line is missing",
    );
    expect(to.state).toBe("importing");
  });
});
