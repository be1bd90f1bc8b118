import type { ExportHeader, ExportLine } from "./export-lines.ts";

/** Up to there everything is whole. */
export interface Whole {
  readonly bytes: number;
  readonly accounts: number;
  /** The account after which the rest is asked for. */
  readonly after: string;
  /** The line that says so is there. */
  readonly isSaid: boolean;
}

/** Where in an export one is, by its lines in their order: what is whole of it, and what is wrong with it. */
export class ExportPlace {
  header: ExportHeader | undefined;
  bytes = 0;
  /** Those that have begun. */
  accounts = 0;
  /** Its last line was seen. */
  isOver = false;
  /** Undefined = nothing that one could go on after. */
  whole: Whole | undefined;
  /** The one whose lines come; undefined = none of this page has begun. */
  #account: string | undefined;
  #isBetween = true;

  /** `bytes`: with its end. Says what is wrong with it; undefined = it is taken. */
  take(line: ExportLine, bytes: number): string | undefined {
    if (this.isOver) return "something comes after its last line";
    if (this.#isBetween !== (line.t === "export"))
      return this.#isBetween ? "it does not begin as an export does" : "it begins in the middle";
    if (line.t === "export") {
      const { header } = this;
      if (header !== undefined && !isSame(header, line)) return "it is put together from several exports";
      this.header ??= line;
      this.#isBetween = false;
    } else if (line.t === "account") {
      if (this.#account !== undefined) this.whole = this.#upTo(this.bytes, this.#account, false);
      this.#account = line.account;
      this.accounts += 1;
    } else if (line.t === "more") {
      this.whole = this.#upTo(this.bytes + bytes, line.after, true);
      this.#account = undefined;
      this.#isBetween = true;
    } else if (line.t === "end") this.isOver = true;
    this.bytes += bytes;
    return undefined;
  }

  /** What came after what is whole is forgotten; without anything whole, all of it. */
  back(): void {
    const { whole } = this;
    if (whole === undefined) this.header = undefined;
    this.bytes = whole?.bytes ?? 0;
    this.accounts = whole?.accounts ?? 0;
    this.isOver = false;
    this.#account = undefined;
    this.#isBetween = whole === undefined || whole.isSaid;
  }

  /** All of it is void. */
  anew(): void {
    this.whole = undefined;
    this.back();
  }

  #upTo(bytes: number, after: string, isSaid: boolean): Whole {
    return { bytes, accounts: this.accounts, after, isSaid };
  }
}

export const isSame = (one: ExportHeader, other: ExportHeader): boolean =>
  one.tenant === other.tenant && one.changed_at === other.changed_at;
