// Messages with files, on their way to the gateway: each waits until its files are in a folder here, and later
// messages pass it meanwhile (I9). A file that cannot be had is said to be missing, and why is said to a human.
import type { Clock } from "../../shared/clock.ts";
import { pause } from "../client/events-retry.ts";
import type { Watched } from "../client/watch.ts";
import { FETCH_AGAIN_MS, MAX_AWAY_MS, MAX_FETCHES, MAX_HOLD_MS } from "../limits.ts";
import type { HeldRow, HeldRows } from "./held-rows.ts";
import { Turns } from "./turns.ts";

/** Where a file is on this machine, or why it is not, and when it is worth asking again. */
export type Fetched =
  | { readonly path: string }
  | { readonly why: string; readonly again?: "when_ready" | "when_back" };
/** Never rejects. */
export type FetchFile = (reference: string, name: string, signal: AbortSignal) => Promise<Fetched>;

/** For each attachment of the message: its path here; undefined = missing. */
export type LocalFiles = readonly (string | undefined)[];

interface InboundFilesParts {
  readonly clock: Clock;
  readonly held: HeldRows;
  readonly fetch: FetchFile;
  /** A line for the human who reads the gateway's log. */
  readonly log: (line: string) => void;
  /** False = nobody takes it now: it stays held. */
  readonly deliver: (row: HeldRow, files: LocalFiles, written: () => void) => boolean;
}

export class InboundFiles {
  readonly #parts: InboundFilesParts;
  /** Those whose files are being fetched, by their place in the log. */
  readonly #fetching = new Set<string>();
  readonly #over = new AbortController();
  readonly #turns = new Turns(MAX_FETCHES);

  constructor(parts: InboundFilesParts) {
    this.#parts = parts;
  }

  /** Takes it over: it is safe on disk when this returns true. False = it has no files that can be had, or no room. */
  take(watched: Watched): boolean {
    const { message, relay } = watched;
    const { attachments } = message;
    if (!Array.isArray(attachments) || attachments.length === 0) return false;
    if (relay?.attachments?.some((reference) => reference !== null) !== true) {
      this.#parts.log(`message ${String(message["id"])}: its attachments are not on the Mac`);
      return false;
    }
    const row = { ...watched, relay };
    if (!this.#parts.held.hold(row)) {
      this.#parts.log(`message ${String(message["id"])} comes without its files: no more can be held`);
      return false;
    }
    void this.#complete(row);
    return true;
  }

  /** Somebody subscribed: what an earlier process, or an earlier subscription, left is shown first. */
  replay(): void {
    const { held } = this.#parts;
    held.takeOver();
    for (const row of held.all) void this.#complete(row);
  }

  close(): void {
    this.#over.abort();
    this.#parts.held.close();
  }

  async #complete(row: HeldRow): Promise<void> {
    const { id } = row.relay;
    if (this.#fetching.has(id)) return;
    this.#fetching.add(id);
    const giveUp = new AbortController();
    const cancel = this.#parts.clock.after(MAX_HOLD_MS, () => giveUp.abort());
    const signal = AbortSignal.any([giveUp.signal, this.#over.signal]);
    const references = row.relay.attachments ?? [];
    const files = await Promise.all(references.map((reference, at) => this.#one(row, reference, at, signal)));
    cancel();
    this.#fetching.delete(id);
    if (this.#over.signal.aborted) return;
    this.#parts.deliver(row, files, () => this.#parts.held.done(id));
  }

  async #one(
    row: HeldRow,
    reference: string | null,
    at: number,
    signal: AbortSignal,
  ): Promise<string | undefined> {
    const name = nameOf(row, at);
    const fetched: Fetched =
      reference === null ? { why: "it is not on the Mac" } : await this.#patiently(reference, name, signal);
    if ("path" in fetched) return fetched.path;
    const what = `message ${String(row.message["id"])}: attachment ${at + 1}`;
    if (!this.#over.signal.aborted) this.#parts.log(`${what} is missing: ${fetched.why}`);
    return undefined;
  }

  /** A Mac that is away comes back, mostly within seconds; a message does not wait for one that sleeps. */
  async #patiently(reference: string, name: string, signal: AbortSignal): Promise<Fetched> {
    const { clock, fetch } = this.#parts;
    let awaySince: number | undefined;
    let fetched: Fetched = { why: "it did not come in time" };
    for (;;) {
      if (!(await this.#turns.take(signal))) return fetched;
      fetched = await fetch(reference, name, signal);
      this.#turns.free();
      if ("path" in fetched || fetched.again === undefined || signal.aborted) return fetched;
      awaySince = fetched.again === "when_ready" ? undefined : (awaySince ?? clock.now());
      if (awaySince !== undefined && clock.now() - awaySince >= MAX_AWAY_MS) return fetched;
      await pause(clock, FETCH_AGAIN_MS, signal);
    }
  }
}

function nameOf({ message }: HeldRow, at: number): string {
  const { attachments } = message;
  const attachment: unknown = Array.isArray(attachments) ? attachments[at] : undefined;
  const isNamed = typeof attachment === "object" && attachment !== null && "transfer_name" in attachment;
  return isNamed && typeof attachment.transfer_name === "string" ? attachment.transfer_name : "";
}
