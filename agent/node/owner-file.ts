// agent.jsonc on disk: read again where it is another file than before, or another text. Editors write beside it and
// rename, or empty it and write: so the file is looked at by its name, and one that says nothing yet is no word of
// the owner's.
import { closeSync, constants, fstatSync, openSync, readFileSync, statSync, type BigIntStats } from "node:fs";
import { holdsSettings, readOwnerFile, type ConfigMistake, type OwnerFile } from "../config/config-file.ts";
import { MAX_OWNER_FILE_BYTES, OWNER_LOOK_MS } from "../limits.ts";
import type { OwnerPort, OwnerWord } from "../ports.ts";
import { err, ok, type Result } from "../../shared/result.ts";

/** For its owner to read and write, and for nobody else to write. */
const WRITABLE_BY_OTHERS = 0o022n;

const whole = (message: string): ConfigMistake => ({ line: null, column: null, message });

export class OwnerFileOnDisk implements OwnerPort {
  readonly #file: string;
  #stamp: string;
  #word: OwnerWord;

  private constructor(file: string, stamp: string, owner: OwnerFile) {
    this.#file = file;
    this.#stamp = stamp;
    this.#word = { file: owner, mistake: null };
  }

  /** At start: without a file everything is as it is by default. */
  static open(file: string): Result<OwnerFileOnDisk, ConfigMistake> {
    const stamp = stampOf(file);
    const read = stamp === MISSING ? readOwnerFile(undefined) : readSafe(file);
    return read.ok ? ok(new OwnerFileOnDisk(file, stamp, read.value)) : read;
  }

  look(): OwnerWord {
    const stamp = stampOf(this.#file);
    if (stamp === this.#stamp) return this.#word;
    // Before it is read: what is written meanwhile is seen at the next look.
    this.#stamp = stamp;
    const read = stamp === MISSING ? err(whole("the file is gone")) : readSafe(this.#file, true);
    const { file } = this.#word;
    if (!read.ok) this.#word = { file, mistake: read.error };
    // The same settings in other words are no change.
    else if (JSON.stringify(read.value) === JSON.stringify(file)) this.#word = { file, mistake: null };
    else this.#word = { file: read.value, mistake: null };
    return this.#word;
  }

  watch(changed: () => void): () => void {
    const timer = setInterval(changed, OWNER_LOOK_MS);
    return () => clearInterval(timer);
  }
}

/** `isRunning`: a file without settings is one that is just being written. */
function readSafe(file: string, isRunning = false): Result<OwnerFile, ConfigMistake> {
  let descriptor: number;
  try {
    // A pipe without a writer would hold everything up.
    descriptor = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    return err(whole(`it cannot be opened (${codeOf(error)})`));
  }
  try {
    // Of what was opened, not of what has its name by now.
    const refused = whyUnsafe(fstatSync(descriptor, { bigint: true }));
    if (refused !== undefined) return err(whole(refused));
    const text = readFileSync(descriptor, "utf8");
    if (isRunning && !holdsSettings(text))
      return err(whole("it is empty; no settings at all are written {}"));
    return readOwnerFile(text);
  } catch (error) {
    return err(whole(`it cannot be read (${codeOf(error)})`));
  } finally {
    closeSync(descriptor);
  }
}

/** Whoever can write it decides what may be read and sent. */
function whyUnsafe(stat: BigIntStats): string | undefined {
  const { mode, uid, size } = stat;
  if (!stat.isFile()) return "it is no plain file";
  if (size > MAX_OWNER_FILE_BYTES) return "it is larger than 4 MiB";
  const me = process.getuid?.();
  if ((mode & WRITABLE_BY_OTHERS) !== 0n)
    return "other users of this Mac can write it; take that away: chmod 600, then try again";
  if (me !== undefined && uid !== 0n && uid !== BigInt(me))
    return "it belongs to another user; copy it to one of your own, then try again";
  return undefined;
}

const MISSING = "missing";

function stampOf(file: string): string {
  try {
    const stat = statSync(file, { bigint: true, throwIfNoEntry: false });
    if (stat === undefined) return MISSING;
    return [stat.dev, stat.ino, stat.size, stat.mtimeNs, stat.ctimeNs, stat.mode].join(".");
  } catch (error) {
    return codeOf(error);
  }
}

const codeOf = (error: unknown): string =>
  error instanceof Error && "code" in error ? String(error.code) : "unknown error";
