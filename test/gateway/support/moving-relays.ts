// A relay that a tenant leaves and one that it comes to, as requests see them: what an export is made of, and where it
// breaks off (TEN11, TEN13).
import type { BytesTarget } from "../../../gateway/client/bytes-ask.ts";
import type { BytesRequest, BytesResponse } from "../../../gateway/client/bytes-http.ts";
import { readExportLine } from "../../../gateway/client/export-lines.ts";
import { ExportPlace } from "../../../gateway/client/export-place.ts";
import { NeverLeft } from "../../../gateway/client/http.ts";
import { TenantsHttp } from "../../../gateway/client/tenants-http.ts";
import type { ExportSink } from "../../../gateway/client/tenant-export.ts";
import { problem, type ErrorCode } from "../../../shared/errors.ts";
import { hurried } from "./transfers.ts";

export const TENANT = "ten_0123";
export const PAGE = 2;
export const ACCOUNTS = ["acc_1", "acc_2", "acc_3", "acc_4", "acc_5"];
const ROWS = 3;
export const encoder = new TextEncoder();
const decoder = new TextDecoder();

export const header = (changed: number): string =>
  JSON.stringify({
    t: "export",
    format: 1,
    tenant: TENANT,
    name: "Acme",
    exported_at: 5,
    changed_at: changed,
    secrets: [],
  });
export const rowsOf = (account: string): string[] => [
  JSON.stringify({ t: "account", account, name: `café ${account}` }),
  ...Array.from({ length: ROWS }, (_, n) => JSON.stringify({ t: "account_row", account, row: { n } })),
];
export const TENANT_ROW = JSON.stringify({ t: "tenant_row", table: "key", row: {} });
export const ALL = [TENANT_ROW, ...ACCOUNTS.flatMap(rowsOf)];

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array, void> {
  yield bytes;
}
export const answer = (status: number, body: AsyncIterable<Uint8Array> | string): BytesResponse => ({
  status,
  headers: { get: () => null },
  text: async () => (typeof body === "string" ? body : ""),
  body: typeof body === "string" ? once(encoder.encode(body)) : body,
});
const refusal = (code: ErrorCode): BytesResponse => {
  const said = problem(code, "req-1");
  return answer(said.status, JSON.stringify(said));
};

/** Where an export comes from; each answer breaks off after so many bytes, while there are such. */
export class From {
  readonly asked: (string | null)[] = [];
  changed = 7;
  cuts: number[] = [];
  refusals: ErrorCode[] = [];
  /** Done before each answer. */
  meanwhile: () => void = () => undefined;

  readonly fetch = async (url: string): Promise<BytesResponse> => {
    const after = new URL(url).searchParams.get("after");
    this.asked.push(after);
    this.meanwhile();
    const refused = this.refusals.shift();
    if (refused !== undefined) return refusal(refused);
    const cut = this.cuts.shift();
    return answer(200, this.#page(after, cut));
  };

  async *#page(after: string | null, cut: number | undefined): AsyncGenerator<Uint8Array, void> {
    const from = after === null ? 0 : ACCOUNTS.indexOf(after) + 1;
    const now = ACCOUNTS.slice(from, from + PAGE);
    const isLast = from + PAGE >= ACCOUNTS.length;
    const lines = [
      header(this.changed),
      ...(after === null ? [TENANT_ROW] : []),
      ...now.flatMap(rowsOf),
      JSON.stringify(isLast ? { t: "end" } : { t: "more", after: now.at(-1) }),
    ];
    const bytes = encoder.encode(lines.map((line) => `${line}\n`).join(""));
    yield bytes.slice(0, cut ?? bytes.length);
    if (cut !== undefined && cut < bytes.length) throw new Error("cut");
  }
}

export class Kept implements ExportSink {
  bytes = new Uint8Array();

  write(more: Uint8Array): Promise<void> {
    const whole = new Uint8Array(this.bytes.length + more.length);
    whole.set(this.bytes);
    whole.set(more, this.bytes.length);
    this.bytes = whole;
    return Promise.resolve();
  }

  back(bytes: number): Promise<void> {
    this.bytes = this.bytes.slice(0, bytes);
    return Promise.resolve();
  }

  get lines(): string[] {
    return decoder.decode(this.bytes).trimEnd().split("\n");
  }
}

export const targetOf = (
  bytesFetch: (url: string, request: BytesRequest) => Promise<BytesResponse>,
): BytesTarget => ({
  relay: "http://relay.test",
  key: "operator",
  bytesFetch,
  clock: hurried,
  random: () => 0,
});
export const tenants = (from: From): TenantsHttp => new TenantsHttp(targetOf(from.fetch));

/** What is wrong with it as a whole export, however it was put together. */
export function wrongWith(lines: readonly string[]): string | undefined {
  const place = new ExportPlace();
  for (const text of lines) {
    const line = readExportLine(text);
    const wrong = line === undefined ? "no line" : place.take(line, 1);
    if (wrong !== undefined) return wrong;
  }
  const rows = lines.filter((line) => !/"t":"(export|more|end)"/.test(line));
  if (rows.join("\n") !== ALL.join("\n")) return "other rows";
  return place.isOver ? undefined : "no end";
}

/** Where an import goes to. */
export class To {
  readonly taken = new Set<string>();
  readonly parts: string[][] = [];
  state: "none" | "importing" | "suspended" = "none";
  /** What happens to each request: nobody is there, it never comes, or its answer is lost. */
  faults: ("away" | "lost" | "unheard" | undefined)[] = [];
  refusal: ErrorCode | undefined;

  readonly fetch = async (_: string, { body }: BytesRequest): Promise<BytesResponse> => {
    const chunks: Uint8Array[] = [];
    for await (const chunk of body?.open() ?? []) chunks.push(chunk.slice());
    const text = decoder.decode(chunks[0]);
    if (chunks[0]?.length !== body?.length) throw new Error("another length than was said");
    const fault = this.faults.shift();
    if (fault === "away") throw new NeverLeft("no connection");
    if (fault === "lost") throw new Error("no relay");
    if (this.refusal !== undefined) return refusal(this.refusal);
    const said = this.#take(text.trimEnd().split("\n"));
    if (fault === "unheard") throw new Error("cut");
    return answer(said.state === "importing" ? 200 : 201, JSON.stringify(said));
  };

  #take(lines: string[]): { tenant: string; lines: number; state: string; after: string | null } {
    this.parts.push(lines);
    if (this.state === "suspended") return { tenant: TENANT, lines: 0, state: "suspended", after: null };
    for (const line of lines.slice(1, -1)) this.taken.add(line);
    const last = readExportLine(lines.at(-1) ?? "");
    this.state = last?.t === "end" ? "suspended" : "importing";
    const after = last?.t === "more" ? last.after : null;
    return { tenant: TENANT, lines: lines.length, state: this.state, after };
  }
}
