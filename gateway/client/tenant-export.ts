// A tenant out of a relay (TEN11), to its last line: where it is cut off it goes on after the last account that is whole.
import { MAX_EXPORT_LINE_BYTES, MAX_EXPORT_STARTS } from "../limits.ts";
import { askBytes, brokenOff, refusalOf, type BytesTarget } from "./bytes-ask.ts";
import { tenantPath } from "./admin.ts";
import { ClientError } from "./client-error.ts";
import { withQuery } from "./events-query.ts";
import { moreLine, readExportLine, type ExportHeader, type ExportLine } from "./export-lines.ts";
import { ExportPlace, isSame } from "./export-place.ts";
import { Silence } from "./silence.ts";
import { systemClock } from "./system-clock.ts";
import { textLines } from "./text-lines.ts";
import { TransferRetry } from "./transfer-retry.ts";

/** Where the lines go, in order. */
export interface ExportSink {
  /** Whole lines, with their ends. Resolves when there is room for more. */
  write(bytes: Uint8Array): Promise<void>;
  /** What was written after the first `bytes` is void. */
  back(bytes: number): Promise<void>;
}

export interface ExportProgress {
  readonly accounts: number;
  readonly bytes: number;
  /** Why nothing moves just now; it goes on by itself. */
  readonly waiting: ClientError | null;
}

export interface ExportOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: (progress: ExportProgress) => void;
  /** What an earlier one left in the sink, read to its end. */
  readonly kept?: ExportPlace;
}

export interface Exported {
  readonly header: ExportHeader;
  readonly accounts: number;
  readonly bytes: number;
  /** Accounts that an earlier export had left and that were kept. */
  readonly kept: number;
}

export interface ExportedLine {
  readonly text: string;
  readonly line: ExportLine;
}

/** One request: the lines as they come, with nothing mended. Ends in a ClientError where they do not all come. */
export async function* exportLines(
  target: BytesTarget,
  tenant: string,
  { after, signal }: { readonly after?: string | undefined; readonly signal?: AbortSignal | undefined } = {},
): AsyncGenerator<ExportedLine, void> {
  const silence = new Silence(target.clock ?? systemClock, signal);
  try {
    const path = withQuery(tenantPath(tenant, "export"), { after });
    const wish = { method: "GET", headers: {}, signal: silence.signal } as const;
    const response = await askBytes(target, path, wish, signal);
    if (response.status !== 200) throw await refusalOf(response);
    for await (const text of textLines(response.body, MAX_EXPORT_LINE_BYTES)) {
      silence.pause();
      const line = text === undefined ? undefined : readExportLine(text);
      if (text === undefined || line === undefined) throw strange(response.status);
      yield { text, line };
      if (line.t === "more" || line.t === "end") return;
      silence.heard();
    }
    throw brokenOff(response.status);
  } catch (error) {
    signal?.throwIfAborted();
    throw error instanceof ClientError ? error : brokenOff(null);
  } finally {
    silence.giveUp();
  }
}

export async function exportTenant(
  target: BytesTarget,
  tenant: string,
  sink: ExportSink,
  options: ExportOptions = {},
): Promise<Exported> {
  return new Export(target, tenant, sink, options).run();
}

class Export {
  readonly #target: BytesTarget;
  readonly #tenant: string;
  readonly #sink: ExportSink;
  readonly #options: ExportOptions;
  readonly #retry: TransferRetry;
  readonly #encoder = new TextEncoder();
  readonly #place: ExportPlace;
  #kept = 0;
  #starts = 1;

  constructor(target: BytesTarget, tenant: string, sink: ExportSink, options: ExportOptions) {
    this.#target = target;
    this.#tenant = tenant;
    this.#sink = sink;
    this.#options = options;
    this.#place = options.kept ?? new ExportPlace();
    this.#kept = this.#place.whole?.accounts ?? 0;
    this.#retry = new TransferRetry({
      clock: target.clock ?? systemClock,
      random: target.random ?? Math.random,
      signal: options.signal,
      onWait: (error) => this.#tell(error),
    });
  }

  async run(): Promise<Exported> {
    for (;;) {
      const { header, accounts, bytes, isOver } = this.#place;
      if (isOver && header !== undefined) return { header, accounts, bytes, kept: this.#kept };
      try {
        await this.#goOn();
      } catch (error) {
        // The account that it would go on after was deleted meanwhile.
        if (this.#place.whole !== undefined && error instanceof ClientError && error.code === "gone")
          this.#beginAnew();
        else await this.#retry.after(error);
      }
    }
  }

  /** One page, from the last place that is whole. */
  async #goOn(): Promise<void> {
    this.#place.back();
    await this.#sink.back(this.#place.bytes);
    const { whole } = this.#place;
    // Said at once, so that whoever reads what is there knows how far it is.
    if (whole?.isSaid === false) await this.#put({ t: "more", after: whole.after }, moreLine(whole.after));
    const { signal } = this.#options;
    const lines = exportLines(this.#target, this.#tenant, { after: whole?.after, signal });
    for await (const { text, line } of lines) {
      const { header } = this.#place;
      if (line.t === "export" && header !== undefined && !isSame(header, line)) return this.#beginAnew();
      await this.#put(line, text);
      this.#retry.moved();
    }
  }

  async #put(line: ExportLine, text: string): Promise<void> {
    const bytes = this.#encoder.encode(`${text}\n`);
    if (this.#place.take(line, bytes.length) !== undefined) throw strange(null);
    await this.#sink.write(bytes);
    this.#tell(null);
  }

  /** Something was said of the tenant meanwhile: what is there is of before. */
  #beginAnew(): void {
    this.#starts += 1;
    if (this.#starts > MAX_EXPORT_STARTS)
      throw new ClientError({
        code: "conflict",
        detail: "The tenant is changed again and again while it is exported.",
        status: null,
        requestId: null,
      });
    this.#place.anew();
    this.#kept = 0;
  }

  #tell(waiting: ClientError | null): void {
    const { accounts, bytes } = this.#place;
    this.#options.onProgress?.({ accounts, bytes, waiting });
  }
}

const strange = (status: number | null): ClientError =>
  new ClientError({ code: "unexpected_answer", status, requestId: null, retryable: false });
