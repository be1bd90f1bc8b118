// A tenant into a relay (TEN13), in requests that are small enough for any host. Each may be repeated, and so may all of
// it, until its last line was taken; and then, too, it is only said again.
import * as z from "zod";
import { IMPORT_ANSWER_MS, IMPORT_PART_ACCOUNTS, IMPORT_PART_BYTES } from "../limits.ts";
import { askBytes, jsonOf, type BytesTarget } from "./bytes-ask.ts";
import { ClientError } from "./client-error.ts";
import { moreLine, readExportLine, type ExportLine } from "./export-lines.ts";
import { systemClock } from "./system-clock.ts";
import { TransferRetry } from "./transfer-retry.ts";

const answerSchema = z.looseObject({
  tenant: z.string(),
  lines: z.int().min(0),
  state: z.string(),
  after: z.string().nullable().default(null),
});
type Answer = z.infer<typeof answerSchema>;

export interface ImportProgress {
  /** Of the lines that were given: those that the relay has taken. */
  readonly bytes: number;
  readonly accounts: number;
  readonly waiting: ClientError | null;
}

export interface ImportOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: (progress: ImportProgress) => void;
  /** Bytes of one request; default IMPORT_PART_BYTES. */
  readonly partBytes?: number;
  /** Accounts that begin in one request; default IMPORT_PART_ACCOUNTS. */
  readonly partAccounts?: number;
}

export interface Imported {
  readonly tenant: string;
  readonly state: string;
  readonly accounts: number;
  /** All of that export was here before this one began: nothing was changed. */
  readonly wasHere: boolean;
}

/** `lines`: of an export, without their ends, pages one after another. */
export async function importTenant(
  target: BytesTarget,
  lines: AsyncIterable<string>,
  options: ImportOptions = {},
): Promise<Imported> {
  return new Import(target, options).run(lines);
}

class Import {
  readonly #target: BytesTarget;
  readonly #options: ImportOptions;
  readonly #retry: TransferRetry;
  readonly #encoder = new TextEncoder();
  #header = "";
  #lines: string[] = [];
  #gathered = 0;
  /** Accounts that have begun in this request. */
  #begun = 0;
  #bytes = 0;
  #accounts = 0;
  #account = "";
  #requests = 0;

  constructor(target: BytesTarget, options: ImportOptions) {
    this.#target = target;
    this.#options = options;
    this.#retry = new TransferRetry({
      clock: target.clock ?? systemClock,
      random: target.random ?? Math.random,
      signal: options.signal,
      onWait: (error) => this.#tell(error),
    });
  }

  async run(lines: AsyncIterable<string>): Promise<Imported> {
    for await (const text of lines) {
      const line = readExportLine(text);
      if (line === undefined) throw wrong("not a line of an export");
      const answer = await this.#take(line, text);
      if (answer === undefined || answer.state === "importing") continue;
      const { tenant, state } = answer;
      return { tenant, state, accounts: this.#accounts, wasHere: answer.lines === 0 && this.#requests === 1 };
    }
    throw wrong("its last line is missing");
  }

  /** The relay's answer, where it was sent. */
  async #take(line: ExportLine, text: string): Promise<Answer | undefined> {
    const bytes = this.#encoder.encode(text).length + 1;
    if (line.t === "export") {
      this.#header = text;
      this.#bytes += bytes;
      return undefined;
    }
    const isLast = line.t === "more" || line.t === "end";
    const answer =
      !isLast && this.#lines.length > 0 && this.#isFull(line, bytes)
        ? await this.#send(moreLine(this.#account))
        : undefined;
    if (answer !== undefined && answer.state !== "importing") return answer;
    if (line.t === "account") {
      this.#account = line.account;
      this.#accounts += 1;
      this.#begun += 1;
    }
    this.#gathered += bytes;
    if (isLast) return this.#send(text);
    this.#lines.push(text);
    return answer;
  }

  #isFull(line: ExportLine, bytes: number): boolean {
    const { partBytes = IMPORT_PART_BYTES, partAccounts = IMPORT_PART_ACCOUNTS } = this.#options;
    return this.#gathered + bytes > partBytes || (line.t === "account" && this.#begun >= partAccounts);
  }

  async #send(last: string): Promise<Answer> {
    const body = this.#encoder.encode(`${[this.#header, ...this.#lines, last].join("\n")}\n`);
    for (;;) {
      try {
        const answer = await this.#post(body);
        this.#retry.moved();
        this.#bytes += this.#gathered;
        this.#lines = [];
        this.#gathered = 0;
        this.#begun = 0;
        this.#tell(null);
        return answer;
      } catch (error) {
        await this.#retry.after(error);
      }
    }
  }

  async #post(body: Uint8Array): Promise<Answer> {
    const { signal } = this.#options;
    const timeout = AbortSignal.timeout(IMPORT_ANSWER_MS);
    this.#requests += 1;
    const response = await askBytes(
      this.#target,
      "/v1/tenants/import",
      {
        method: "POST",
        headers: { "content-type": "application/x-ndjson" },
        body: { length: body.length, open: () => only(body) },
        signal: signal === undefined ? timeout : AbortSignal.any([timeout, signal]),
      },
      signal,
    );
    return jsonOf(response, answerSchema);
  }

  #tell(waiting: ClientError | null): void {
    this.#options.onProgress?.({ bytes: this.#bytes, accounts: this.#accounts, waiting });
  }
}

async function* only(body: Uint8Array): AsyncGenerator<Uint8Array, void> {
  yield body;
}

const wrong = (detail: string): ClientError =>
  new ClientError({ code: "invalid_request", detail, status: null, requestId: null });
