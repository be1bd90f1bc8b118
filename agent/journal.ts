// The journal of mutations (LINK14 to LINK16): what was begun and what came of it, durable before imsg sees a
// byte, so that an operation given twice runs once and answers the same. Knows nothing of imsg or of the link.
import type { Clock } from "../shared/clock.ts";
import { sentSchema } from "../shared/imsg.ts";
import { byteLength } from "../shared/json.ts";
import { unknownOutcome, type Answer } from "../shared/jsonrpc.ts";
import { outcomeOf } from "../shared/outcome.ts";
import {
  COMPACT_AFTER_RECORDS,
  JOURNAL_MS,
  MAX_JOURNAL_OPERATIONS,
  MAX_JOURNALLED_ANSWER_BYTES,
} from "./limits.ts";
import { decodeRecords, encodeRecord, type JournalRecord } from "./journal-record.ts";
import type { JournalFile, Log } from "./ports.ts";

/** `answer` undefined = begun and not finished. */
export interface Operation {
  readonly operation: string;
  readonly call: string;
  readonly epoch: number;
  readonly at: number;
  readonly answer: Answer | undefined;
  readonly acked: boolean;
}

interface JournalPorts {
  readonly journal: JournalFile;
  readonly clock: Clock;
  readonly randomName: () => string;
  readonly log: Log;
}

export class Journal {
  readonly #file: JournalFile;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #operations = new Map<string, Operation>();
  #id: string;
  #records = 0;
  /** A write failed: the end of the file is not to be trusted, the next write starts it anew. */
  #damaged = false;

  constructor({ journal, clock, randomName, log }: JournalPorts) {
    this.#file = journal;
    this.#clock = clock;
    this.#log = log;
    const text = journal.read();
    const { records, torn } = text === undefined ? { records: [], torn: false } : decodeRecords(text);
    const head = records[0];
    const intact = head?.r === "journal" && !torn;
    this.#id = intact ? head.id : randomName();
    for (const record of records) this.#apply(record);
    // `records` counts lines, not operations: it decides when the file is worth writing anew.
    this.#records = records.length;
    const unfinished = this.#closeUnfinished();
    if (text !== undefined && !intact) {
      // LINK15: what stood at the lost end is unknown, and the new name says so. What can be read is kept.
      journal.setAside();
      log("warn", "journal_damaged", { kept: this.#operations.size });
    }
    if (!intact || unfinished > 0 || this.#records >= COMPACT_AFTER_RECORDS) this.#rewrite(() => undefined);
    log("info", "journal_open", { operations: this.#operations.size, unfinished });
  }

  get id(): string {
    return this.#id;
  }

  get(operation: string): Operation | undefined {
    return this.#operations.get(operation);
  }

  /** False where it is full of what may not be forgotten. */
  hasRoom(): boolean {
    if (this.#operations.size >= MAX_JOURNAL_OPERATIONS) this.#forget();
    return this.#operations.size < MAX_JOURNAL_OPERATIONS;
  }

  /** LINK16: answered, and the relay has not said that it knows. */
  unacked(): Operation[] {
    return [...this.#operations.values()].filter(({ answer, acked }) => answer !== undefined && !acked);
  }

  /** When each was given to imsg, or may have been, that was since `from`; `except` left out. Oldest first. */
  sentSince(from: number, except: string): number[] {
    return [...this.#operations.values()]
      .filter(
        ({ operation, at, answer }) =>
          at > from && operation !== except && (answer === undefined || outcomeOf(answer) !== "not_sent"),
      )
      .map(({ at }) => at)
      .sort((a, b) => a - b);
  }

  /** `done(true)`: durable, imsg may be given it. `done(false)`: it was not begun. */
  begin(operation: string, call: string, epoch: number, done: (ok: boolean) => void): void {
    const at = this.#clock.now();
    this.#operations.set(operation, { operation, call, epoch, at, answer: undefined, acked: false });
    this.#write({ r: "begun", operation, call, epoch, at }, (ok) => {
      // A line of it may be in the file after all: after a restart it is unknown, which is the safe mistake.
      if (!ok) this.#operations.delete(operation);
      done(ok);
    });
  }

  /** Also for what was never begun: a refusal is for good. `done` follows when it is durable, or cannot be. */
  finish(
    operation: string,
    call: string,
    epoch: number,
    answer: Answer,
    done: (kept: Operation) => void,
  ): void {
    const at = this.#clock.now();
    const kept: Operation = { operation, call, epoch, at, answer: shrink(answer), acked: false };
    this.#operations.set(operation, kept);
    this.#write({ r: "done", operation, call, epoch, at, answer: kept.answer ?? answer }, () => done(kept));
  }

  /** Not waited for: an ack that is lost makes the result go out once more. */
  ack(operations: readonly string[]): void {
    for (const operation of operations) {
      const known = this.#operations.get(operation);
      if (known?.answer === undefined || known.acked) continue;
      this.#operations.set(operation, { ...known, acked: true });
      this.#write({ r: "acked", operation }, () => undefined);
    }
  }

  #apply(record: JournalRecord): void {
    if (record.r === "journal") return;
    const { operation } = record;
    if (record.r === "acked") {
      const known = this.#operations.get(operation);
      if (known !== undefined) this.#operations.set(operation, { ...known, acked: true });
      return;
    }
    const { call, epoch, at } = record;
    const answer = record.r === "done" ? record.answer : undefined;
    this.#operations.set(operation, { operation, call, epoch, at, answer, acked: false });
  }

  /** Begun before a crash, so imsg may have had it: unknown, and never given again. */
  #closeUnfinished(): number {
    const open = [...this.#operations.values()].filter(({ answer }) => answer === undefined);
    for (const entry of open) {
      this.#operations.set(entry.operation, { ...entry, answer: unknownOutcome(entry.operation) });
    }
    return open.length;
  }

  #write(record: JournalRecord, done: (ok: boolean) => void): void {
    this.#records += 1;
    if (this.#damaged || this.#records > COMPACT_AFTER_RECORDS + this.#operations.size) {
      this.#rewrite(done);
      return;
    }
    this.#file.append(encodeRecord(record), (ok) => {
      if (!ok) this.#fail();
      done(ok);
    });
  }

  /** Keeps what is unacknowledged or in flight, and the ids of the last 24 h. */
  #rewrite(done: (ok: boolean) => void): void {
    this.#forget();
    const records: JournalRecord[] = [{ r: "journal", version: 1, id: this.#id }];
    for (const { operation, call, epoch, at, answer, acked } of this.#operations.values()) {
      if (answer === undefined) records.push({ r: "begun", operation, call, epoch, at });
      else records.push({ r: "done", operation, call, epoch, at, answer });
      if (acked) records.push({ r: "acked", operation });
    }
    this.#records = records.length;
    this.#damaged = false;
    this.#file.replace(records.map(encodeRecord).join(""), (ok) => {
      if (!ok) this.#fail();
      done(ok);
    });
  }

  #forget(): void {
    const before = this.#clock.now() - JOURNAL_MS;
    for (const { operation, at, acked } of this.#operations.values()) {
      if (acked && at < before) this.#operations.delete(operation);
    }
  }

  #fail(): void {
    this.#damaged = true;
    this.#log("error", "journal_not_written");
  }
}

/** An answer to a mutation is small; of one that is not, what names the message is kept. */
function shrink(answer: Answer): Answer {
  if (byteLength(JSON.stringify(answer)) <= MAX_JOURNALLED_ANSWER_BYTES) return answer;
  if ("error" in answer)
    return { error: { code: answer.error.code, message: answer.error.message.slice(0, 200) } };
  const sent = sentSchema.safeParse(answer.result);
  return {
    result: { ok: true, ...(sent.success && sent.data.guid !== undefined ? { guid: sent.data.guid } : {}) },
  };
}
