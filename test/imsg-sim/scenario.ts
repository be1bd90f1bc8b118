/**
 * A Messages folder on disk for child processes of imsg-sim, scripted by a test or the demo:
 * `chat.db` (the world file), `Attachments/ab/cd/GUID/name` with real files, faults and settings.
 */
import {
  appendFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { attachmentOf } from "./effects.ts";
import { FaultFile } from "./fault-file.ts";
import type { Choice, FaultKind } from "./faults.ts";
import { Script, type MessageExtras } from "./script.ts";
import type { Settings } from "./settings.ts";
import { parseOp } from "./world-file.ts";
import type { AttachmentRow, ChatRef, MessageOp, WorldOp } from "./world-op.ts";
import { World } from "./world.ts";

export { ACCOUNT, ME } from "./script.ts";

/** An operation that imsg carried out, with the method that did it. */
export type Effect = WorldOp & { readonly through: string };

const LOOK_MS = 5;

export interface MacOptions {
  /** Absent: a new folder under the system's temporary one. */
  readonly folder?: string;
  readonly settings?: Settings;
}

export class Mac extends Script {
  /** Plays `~/Library/Messages`. */
  readonly folder: string;
  readonly dbPath: string;
  readonly #faults: FaultFile;
  #lastFault = 0;
  readonly #disarmed = new Set<string>();
  readonly #replaced: string[] = [];

  constructor(options: MacOptions = {}) {
    const folder = options.folder ?? mkdtempSync(join(tmpdir(), "imsg-sim-"));
    const dbPath = join(folder, "chat.db");
    super({
      append: (ops) => appendFileSync(dbPath, ops.map((op) => `${JSON.stringify(op)}\n`).join("")),
      now: Date.now,
      random: Math.random,
    });
    this.folder = folder;
    this.dbPath = dbPath;
    this.#faults = new FaultFile(dbPath);
    mkdirSync(folder, { recursive: true });
    if (!existsSync(dbPath)) writeFileSync(dbPath, header("first"));
    if (options.settings !== undefined) this.settings(options.settings);
  }

  /** For processes started from now on. */
  settings(settings: Settings): void {
    writeFileSync(`${this.dbPath}.settings`, JSON.stringify(settings));
  }

  /** The environment that points a child at this Mac. */
  get env(): { readonly IMSG_SIM_DB: string } {
    return { IMSG_SIM_DB: this.dbPath };
  }

  /** A file with these bytes, where Messages would keep it. */
  realFile(name: string, bytes: Uint8Array): AttachmentRow {
    const guid = this.guid();
    const [first = "0", second = "0", third = "0", fourth = "0"] = guid.toLowerCase();
    const path = join(this.folder, "Attachments", first + second, third + fourth, guid, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, bytes);
    return attachmentOf(path, bytes.length);
  }

  /** A message with one real file. */
  appendFile(
    chat: ChatRef,
    sender: string,
    name: string,
    bytes: Uint8Array,
    text = "",
    extras: MessageExtras = {},
  ): string {
    return this.appendAttachments(chat, sender, [this.realFile(name, bytes)], text, extras);
  }

  /** Sets a fault for the next process that matches it; returns its id. */
  fault(fault: FaultKind & Choice & Readonly<{ id?: string }>): string {
    const id = fault.id ?? `fault-${process.pid}-${++this.#lastFault}`;
    this.#faults.set({ ...fault, id });
    return id;
  }

  claimed(id: string): boolean {
    return this.#faults.claimed(id);
  }

  /** When a process claimed it, in epoch milliseconds; undefined = none has. */
  claimedAt(id: string): number | undefined {
    return this.#disarmed.has(id) ? undefined : this.#faults.claimedAt(id);
  }

  /** It strikes nobody from now on. False: it has struck already. */
  disarm(id: string): boolean {
    const isOurs = this.#faults.claim(id);
    if (isOurs) this.#disarmed.add(id);
    return isOurs;
  }

  /** The ledger: everything imsg did on this Mac, also to databases that were replaced or have vanished. */
  effects(): Effect[] {
    const files = [...this.#replaced, existsSync(this.dbPath) ? this.dbPath : `${this.dbPath}.away`];
    const ops = files.flatMap((file) => readOps(file));
    return ops.filter((op): op is Effect => "through" in op && op.through !== undefined);
  }

  /** The messages that imsg sent: each one is one effect. */
  sent(): (Effect & MessageOp)[] {
    return this.effects().filter((op): op is Effect & MessageOp => op.op === "message");
  }

  /** The database as it is now. */
  world(): World {
    const world = new World();
    for (const op of readOps(this.dbPath)) world.apply(op);
    return world;
  }

  /** The file is gone; processes that have it open keep it. Returns how to bring it back. */
  vanish(): () => void {
    const away = `${this.dbPath}.away`;
    renameSync(this.dbPath, away);
    return () => renameSync(away, this.dbPath);
  }

  /** Another database takes the place of this one, in one rename; `fill` scripts it before it is seen. */
  replace(fill: (script: Script) => void): void {
    const next = `${this.dbPath}.next`;
    writeFileSync(next, header("replacement"));
    fill(
      new Script({
        append: (ops) => appendFileSync(next, ops.map((op) => `${JSON.stringify(op)}\n`).join("")),
        now: Date.now,
        random: Math.random,
      }),
    );
    // A process of 0.9 still has the old file open and sends into it: a second name keeps it readable.
    const old = `${this.dbPath}.replaced-${this.#replaced.length + 1}`;
    linkSync(this.dbPath, old);
    this.#replaced.push(old);
    renameSync(next, this.dbPath);
  }

  /** Puts something in the database's place that is none: an empty file, garbage, a directory. */
  spoil(how: "empty" | "garbage" | "directory"): void {
    rmSync(this.dbPath, { recursive: true, force: true });
    if (how === "directory") mkdirSync(this.dbPath);
    else writeFileSync(this.dbPath, how === "empty" ? "" : "this is not a database\n".repeat(50));
  }

  /** Resolves when the ledger holds what is asked for; rejects when the time is up. */
  async until<T>(look: (mac: this) => T | undefined | false, ms = 5000): Promise<T> {
    const deadline = Date.now() + ms;
    for (;;) {
      const found = look(this);
      if (found !== undefined && found !== false) return found;
      if (Date.now() > deadline) throw new Error(`not seen within ${ms} ms`);
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** A file that is gone, or is no database, has done nothing. */
function readOps(path: string): WorldOp[] {
  const isFile = statSync(path, { throwIfNoEntry: false })?.isFile() === true;
  const lines = isFile ? readFileSync(path, "utf8").split("\n") : [];
  return lines.flatMap((line) => parseOp(line) ?? []);
}

const header = (name: string): string => `${JSON.stringify({ op: "database", name } satisfies WorldOp)}\n`;

export type { MessageExtras };
