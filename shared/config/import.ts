// OpenClaw's configuration as a patch of ours: all of it or, where anything is wrong, nothing.
import { readDocument } from "./document.ts";
import { importBlock } from "./import-block.ts";
import { ImportNotes, type ImportReport } from "./import-notes.ts";
import { importOutside } from "./import-outside.ts";
import { isPlainObject, ownValue } from "./plain.ts";
import type { ConfigProblem } from "./problem.ts";
import type { ConfigDocument } from "./settings.ts";

interface ImportOptions {
  /** OpenClaw's name of an account → ours (`acc_…`). */
  readonly accounts?: ReadonlyMap<string, string>;
  /** Unknown keys are set aside instead of stopping the import. */
  readonly skipUnknown?: boolean;
}

interface Imported {
  /** A merge patch that is a whole document by itself; undefined where there are problems. */
  readonly patch: ConfigDocument | undefined;
  readonly report: ImportReport;
}

/** `value`: a `channels.imessage` block, or a whole file with one. */
export function importOpenClaw(value: unknown, options: ImportOptions = {}): Imported {
  const notes = new ImportNotes(options.skipUnknown ?? false);
  if (!isPlainObject(value)) notes.problem([], "must be an object", value);
  else if (!Object.hasOwn(value, "channels")) importChannel(value, [], options, notes);
  else {
    const block = ownValue(ownValue(value, "channels"), "imessage");
    if (isPlainObject(block)) {
      importOutside(value, block, notes);
      importChannel(block, ["channels", "imessage"], options, notes);
    } else
      notes.problem(["channels", "imessage"], "is not in this file, so there is nothing to import", block);
  }
  const { applied, notHere, forTheMac } = notes;
  const read = readDocument(notes.document);
  const wrong = read.ok ? [] : read.error.map((problem) => fromTheFile(problem, notes));
  const problems = [...notes.problems, ...wrong];
  return {
    patch: read.ok && problems.length === 0 ? read.value : undefined,
    report: { applied, notHere, forTheMac, problems },
  };
}

function importChannel(
  block: Readonly<Record<string, unknown>>,
  from: readonly string[],
  { accounts = new Map() }: ImportOptions,
  notes: ImportNotes,
): void {
  importBlock(block, { from, to: [] }, notes);
  const named = ownValue(block, "accounts") ?? {};
  if (!isPlainObject(named)) {
    notes.problem([...from, "accounts"], "must be an object", named);
    return;
  }
  const names = new Set(Object.keys(named).map((name) => name.toLowerCase()));
  for (const name of accounts.keys())
    if (!names.has(name.toLowerCase()))
      notes.problem([...from, "accounts", name], "is not in this file", undefined);
  // OpenClaw's names do not tell capitals apart.
  const ids = new Map([...accounts].map(([name, id]) => [name.toLowerCase(), id]));
  const taken = new Map<string, string>();
  for (const [name, own] of Object.entries(named)) {
    const place = [...from, "accounts", name];
    const id = ids.get(name.toLowerCase());
    const twin = id === undefined ? undefined : taken.get(id);
    if (id === undefined) notes.setAside(place, `no account of the relay is named for it (${name}=acc_…)`);
    else if (twin !== undefined) notes.problem(place, `${id} is named for ${twin} already`, undefined);
    else if (isPlainObject(own)) importBlock(own, { from: place, to: ["accounts", id] }, notes);
    else notes.problem(place, "must be an object", own);
    if (id !== undefined) taken.set(id, name);
  }
}

/** A problem of the document said where the human finds it: in the file. */
function fromTheFile(problem: ConfigProblem, { applied }: ImportNotes): ConfigProblem {
  const source = applied.find(({ path }) => problem.path === path || /^[.[]/.test(after(problem.path, path)));
  return source === undefined
    ? problem
    : { ...problem, path: `${source.from}${after(problem.path, source.path)}` };
}

const after = (text: string, start: string): string =>
  text.startsWith(start) ? text.slice(start.length) : "";
