// A tenant out of one relay and into another, by the operator's key (TEN rules): lines of JSON, a step in memory at a time.
import * as z from "zod";
import { RelayError, type Refused } from "../../shared/errors.ts";
import { openId, type AccountId } from "../../shared/ids.ts";
import { parseJson } from "../../shared/json.ts";
import type { Result } from "../../shared/result.ts";
import { accountOf, operatorObject, tenantObject } from "../objects.ts";
import {
  headerSchema,
  lineSchema,
  type AccountLine,
  type ExportHeader,
  type ExportLine,
  type ExportStep,
  type TenantLine,
} from "../moving/format.ts";
import {
  BATCH_BYTES,
  BATCH_LINES,
  EXPORT_ACCOUNTS,
  MAX_LINE_BYTES,
  NAMED_ACCOUNTS,
} from "../moving/limits.ts";
import { missingSecrets } from "../moving/secret-checks.ts";
import {
  openParam,
  readQuery,
  requireOperator,
  valueOf,
  type App,
  type Ctx,
  type Opened,
} from "./context.ts";
import { bodyLines } from "./body-lines.ts";
import { LINES } from "./lines.ts";

const asked = z.object({ after: z.string().max(200).nullable().default(null) });

export function movingRoutes(app: App): void {
  app.get("/v1/tenants/:tenant/export", async (c) => {
    const caller = requireOperator(c);
    const tenant = openParam(c, "ten", c.req.param("tenant"));
    const { after } = readQuery(c, asked);
    const begun = await tenantObject(c.env, tenant).exportBegin(caller, after);
    if (!begun.ok) throw await refusedExport(c, tenant, begun.error);
    const lines = exportLines(c, tenant, begun.value, after);
    const encoder = new TextEncoder();
    const body = new ReadableStream<Uint8Array>({
      async pull(controller) {
        const { done, value } = await lines.next();
        if (done === true) return controller.close();
        controller.enqueue(encoder.encode(value.map((line) => `${JSON.stringify(line)}\n`).join("")));
        return undefined;
      },
    });
    return new Response(body, { headers: { "content-type": LINES } });
  });

  app.post("/v1/tenants/import", async (c) => {
    const caller = requireOperator(c);
    const lines = bodyLines(c.req.raw.body, MAX_LINE_BYTES);
    const header = await headerOf(c, lines);
    const tenant = openParam(c, "ten", header.tenant, "invalid_request");
    const object = tenantObject(c.env, tenant);
    const here = valueOf(await object.importBegin(header));
    if (here !== null) {
      // Whatever was to be done after its last line may have been cut off as well.
      await operatorObject(c.env).adoptTenant(caller, here);
      return c.json({ tenant: tenant.id, lines: 0, state: here.state, after: null });
    }
    const { count, end } = await take(c, tenant, lines);
    if (end !== "end") return c.json({ tenant: tenant.id, lines: count, state: "importing", after: end });
    const info = valueOf(await object.importEnd(caller, header));
    await operatorObject(c.env).adoptTenant(caller, info);
    return c.json({ tenant: tenant.id, lines: count, state: info.state, after: null }, 201);
  });
}

/** Says who is owed what, so that the operator knows what a suspension holds up. */
async function refusedExport(c: Ctx, tenant: Opened<"ten">, refused: Refused): Promise<RelayError> {
  const { code, detail, ...more } = refused;
  if (code !== "conflict") return new RelayError(code, detail, more);
  const page = { after: null, limit: NAMED_ACCOUNTS };
  const accounts = valueOf(await tenantObject(c.env, tenant).accounts({ kind: "operator" }, page));
  const { secrets } = c.get("config");
  const owed = await Promise.all(
    accounts.map(async ({ account }) => ({ account, owed: await accountOf(c.env, account, secrets).owed() })),
  );
  const problems = owed.flatMap((one) =>
    one.owed === null || one.owed.consumers.length + one.owed.endpoints.length === 0
      ? []
      : [{ account: one.account, consumers: one.owed.consumers, endpoints: one.owed.endpoints }],
  );
  return new RelayError(code, detail, { problems });
}

async function* exportLines(
  c: Ctx,
  tenant: Opened<"ten">,
  header: ExportHeader,
  after: string | null,
): AsyncGenerator<readonly (ExportHeader | ExportLine)[], void> {
  const object = tenantObject(c.env, tenant);
  const { secrets } = c.get("config");
  yield [header];
  for (let place: string | null = null, isOver = after !== null; !isOver; isOver = place === null) {
    const step: ExportStep<TenantLine> = valueOf(await object.exportStep(place));
    yield step.lines;
    place = step.next;
  }
  const page = { after, limit: EXPORT_ACCOUNTS + 1 };
  const accounts = valueOf(await object.accounts({ kind: "operator" }, page));
  const now = accounts.slice(0, EXPORT_ACCOUNTS);
  for (const { account } of now) {
    for (let place: string | null = null, isOver = false; !isOver; isOver = place === null) {
      const step: ExportStep<AccountLine> | null = valueOf(
        await accountOf(c.env, account, secrets).exportStep(place),
      );
      yield step?.lines ?? [];
      place = step?.next ?? null;
    }
  }
  const last = now.at(-1);
  const isWhole = accounts.length <= EXPORT_ACCOUNTS || last === undefined;
  yield [isWhole ? { t: "end" } : { t: "more", after: last.account }];
}

async function headerOf(c: Ctx, lines: AsyncIterator<string>): Promise<ExportHeader> {
  const first = await lines.next();
  const json = parseJson(first.done === true ? "" : first.value);
  const header = headerSchema.safeParse(json.ok ? json.value : undefined);
  if (!header.success || header.data.format !== 1)
    throw new RelayError("invalid_request", "line 1: not the beginning of an export of this format");
  const missing = missingSecrets(c.get("config").secrets, header.data.secrets);
  if (missing !== undefined) throw new RelayError("conflict", missing);
  return header.data;
}

/** Batches for one object after the other. `end`: how the lines end, or where the rest is to be asked for. */
async function take(
  c: Ctx,
  tenant: Opened<"ten">,
  lines: AsyncIterable<string>,
): Promise<{ count: number; end: string }> {
  const importer = new Importer(c, tenant);
  let count = 1;
  for await (const text of lines) {
    count += 1;
    const json = parseJson(text);
    const line = lineSchema.safeParse(json.ok ? json.value : undefined);
    if (!line.success) throw new RelayError("invalid_request", `line ${count}: not a line of an export`);
    const { data } = line;
    if (data.t === "end" || data.t === "more") {
      await importer.flush();
      return { count, end: data.t === "end" ? "end" : data.after };
    }
    const taken = await importer.add(data, text.length);
    if (taken !== undefined) throw new RelayError("invalid_request", `line ${count}: ${taken}`);
  }
  await importer.flush();
  throw new RelayError("invalid_request", "the last line is missing: nothing is lost, send all of it again");
}

class Importer {
  readonly #c: Ctx;
  readonly #tenant: Opened<"ten">;
  #ofTenant: TenantLine[] = [];
  #ofAccount: AccountLine[] = [];
  #account: AccountId | undefined;
  #bytes = 0;

  constructor(c: Ctx, tenant: Opened<"ten">) {
    this.#c = c;
    this.#tenant = tenant;
  }

  /** Undefined = it is taken, or waits for others. */
  async add(line: TenantLine | AccountLine, bytes: number): Promise<string | undefined> {
    if (line.t === "tenant_row") this.#ofTenant.push(line);
    else {
      const account = this.#accountOf(line.account);
      if (account === undefined) return "an account that is none of this tenant";
      if (account !== this.#account) await this.flush();
      this.#account = account;
      this.#ofAccount.push(line);
    }
    this.#bytes += bytes;
    if (this.#ofTenant.length + this.#ofAccount.length >= BATCH_LINES || this.#bytes >= BATCH_BYTES)
      await this.flush();
    return undefined;
  }

  async flush(): Promise<void> {
    const [ofTenant, ofAccount, account] = [this.#ofTenant, this.#ofAccount, this.#account];
    this.#ofTenant = [];
    this.#ofAccount = [];
    this.#bytes = 0;
    const { env } = this.#c;
    const accounts = ofAccount.flatMap((line) => (line.t === "account" ? [line] : []));
    const infos = accounts.map(({ name, created_at, account: id }) => ({
      account: id as AccountId,
      name,
      created_at,
    }));
    if (ofTenant.length + infos.length > 0)
      done(await tenantObject(env, this.#tenant).importLines(ofTenant, infos));
    if (account === undefined || ofAccount.length === 0) return;
    const object = accountOf(env, account, this.#c.get("config").secrets);
    done(await object.importLines(this.#tenant.id, account, ofAccount));
  }

  /** Of this tenant, and issued by a relay with the same secrets. */
  #accountOf(text: string): AccountId | undefined {
    const opened = openId("acc", text, this.#c.get("config").secrets.macOf);
    const isOwn = opened?.tenant.every((byte, at) => byte === this.#tenant.tenant[at]);
    return isOwn === true ? opened?.id : undefined;
  }
}

const done = (result: Result<void, Refused>): void => valueOf(result);
