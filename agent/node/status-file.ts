// status.json: what `run` knows of itself, for `status` in another process. Written as a whole, when it changes,
// and now and then, so that an old one is recognised.
import { rmSync } from "node:fs";
import * as z from "zod";
import { macPolicySchema } from "../../shared/mac-policy.ts";
import type { AgentStatus } from "../core.ts";
import type { Log } from "../ports.ts";
import { readText, writePrivate } from "./home.ts";

const LOOK_MS = 1_000;
/** Written at least this often; older than three times this is the file of a process that hangs. */
const STATUS_MS = 10_000;

const catchUpSchema = z.looseObject({
  done: z.number(),
  total: z.number().nullable(),
  part: z.number().nullable(),
  rows_per_s: z.number().nullable(),
  seconds_left: z.number().nullable(),
});
const storedStatusSchema = z.looseObject({
  pid: z.int(),
  written_at: z.number(),
  link: z.looseObject({ state: z.string(), since: z.number(), problem: z.string().nullable() }),
  health: z.looseObject({ state: z.string(), reason: z.string().nullable(), remedy: z.string().nullable() }),
  engine: z.looseObject({ version: z.string().nullable(), pages: z.boolean() }),
  feed: z.looseObject({
    position: z.number().nullable(),
    caught_up: z.boolean(),
    held: z.number(),
    catch_up: catchUpSchema.nullable().catch(null),
  }),
  backlog: z.number(),
  operations_running: z.number().catch(0),
  operations_queued: z.number().catch(0),
  operations_unacked: z.number(),
  transfers: z
    .looseObject({ running: z.number(), done: z.number(), failed: z.number() })
    .catch({ running: 0, done: 0, failed: 0 }),
  policy: macPolicySchema.nullable().catch(null),
  settings_mistake: z.string().nullable().catch(null),
});
export type StoredStatus = z.infer<typeof storedStatusSchema>;

export class StatusFile {
  readonly #file: string;
  readonly #status: () => AgentStatus;
  readonly #log: Log;
  #timer: ReturnType<typeof setInterval> | undefined;
  #written = "";
  #writtenAt = 0;

  constructor(file: string, status: () => AgentStatus, log: Log) {
    this.#file = file;
    this.#status = status;
    this.#log = log;
  }

  start(): void {
    this.#look();
    this.#timer = setInterval(() => this.#look(), LOOK_MS);
  }

  /** A process that ended in order leaves none behind. */
  stop(): void {
    clearInterval(this.#timer);
    rmSync(this.#file, { force: true });
  }

  #look(): void {
    const now = Date.now();
    const status = this.#status();
    const text = JSON.stringify(status);
    if (text === this.#written && now - this.#writtenAt < STATUS_MS) return;
    try {
      writePrivate(this.#file, `${JSON.stringify({ pid: process.pid, written_at: now, ...status })}\n`);
      this.#written = text;
      this.#writtenAt = now;
    } catch {
      // A full disk must not end the agent.
      if (this.#written !== "") this.#log("warn", "status_not_written");
      this.#written = "";
    }
  }
}

/** Undefined where there is none, or none that can be read. */
export function readStored(file: string): StoredStatus | undefined {
  const text = readText(file);
  if (text === undefined) return undefined;
  try {
    return storedStatusSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/** Whether the process that wrote it is still there and still writes. */
export function isAlive({ pid, written_at }: StoredStatus): boolean {
  if (Date.now() - written_at > 3 * STATUS_MS) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
