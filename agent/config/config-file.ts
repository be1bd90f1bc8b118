// agent.jsonc: the owner's own file. Everything in it is checked at start; what is not understood stops the
// start and names its place, because a mistyped veto that is ignored is worse than none.
import {
  findNodeAtLocation,
  parse,
  parseTree,
  printParseErrorCode,
  type Node,
  type ParseError,
} from "jsonc-parser/lib/esm/main.js";
import type * as z from "zod";
import { err, ok, type Result } from "../../shared/result.ts";
import { DEFAULT_MEDIA_MAX_MB } from "../limits.ts";
import { DEFAULT_DEBOUNCE_MS, DEFAULT_TIMES, MIB, type AgentConfig } from "./config.ts";
import { fileSchema, knownKeys, type FileSettings } from "./file-schema.ts";
import { nearestKey } from "./nearest-key.ts";

const LENIENT = { allowTrailingComma: true, allowEmptyContent: true };
/** Where Messages keeps them. */
const DEFAULT_ATTACHMENT_ROOTS = ["~/Library/Messages/Attachments"];

/** `on_power`: not on battery. */
export type KeepAwake = "never" | "always" | "on_power";

export interface OwnerFile {
  readonly config: AgentConfig;
  /** The program, or its name on PATH. */
  readonly cliPath: string;
  /** Undefined = imsg's own default. */
  readonly dbPath: string | undefined;
  /** Folders out of which attachments may be read; `*` = one path segment. */
  readonly attachmentRoots: readonly string[];
  readonly keepAwake: KeepAwake;
}

/** One mistake, for a human: where and what. Line and column count from 1; null = the file as a whole. */
export interface ConfigMistake {
  readonly line: number | null;
  readonly column: number | null;
  readonly message: string;
}

/** As editors and compilers say it, so that a click leads there. */
export const mistakeInWords = (file: string, { line, column, message }: ConfigMistake): string =>
  line === null ? `${file}: ${message}` : `${file}:${line}:${column ?? 1}: ${message}`;

/** `text` undefined = there is no file, and everything is as it is by default. */
export function readOwnerFile(text: string | undefined): Result<OwnerFile, ConfigMistake> {
  if (text === undefined) return ok(toOwnerFile({}));
  const errors: ParseError[] = [];
  const value: unknown = parse(text, errors, LENIENT);
  const broken = errors[0];
  if (broken !== undefined)
    return err({ ...placeOf(text, broken.offset), message: `not valid JSON: ${wordsOf(broken)}` });
  const root = parseTree(text, [], LENIENT);
  const twice = repeatedKey(root);
  if (twice !== undefined)
    return err({ ...placeOf(text, twice.offset), message: `${shown(String(twice.value))} is set twice` });
  const settings = fileSchema.safeParse(value ?? {});
  if (settings.success) return ok(toOwnerFile(settings.data));
  const [issue] = settings.error.issues;
  if (issue === undefined) return err({ line: 1, column: 1, message: "not understood" });
  return err(mistakeOf(text, root, issue));
}

/** A file that is being written may be empty, or end after its first comments: then it says nothing yet. */
export const holdsSettings = (text: string): boolean => parse(text, [], LENIENT) !== undefined;

function mistakeOf(text: string, root: Node | undefined, issue: z.core.$ZodIssue): ConfigMistake {
  const path = issue.path.map((part) => (typeof part === "number" ? part : String(part)));
  if (issue.code === "unrecognized_keys") {
    const key = issue.keys[0] ?? "";
    const node = root === undefined ? undefined : findNodeAtLocation(root, [...path, key]);
    // The value is found; its key stands before it, in the place that matters.
    const offset = node?.parent?.offset ?? 0;
    const near = nearestKey(key, knownKeys(path));
    const hint = near === undefined ? "" : `; did you mean "${near}"?`;
    return { ...placeOf(text, offset), message: `unknown setting ${shown(...path, key)}${hint}` };
  }
  const node = root === undefined ? undefined : findNodeAtLocation(root, path);
  const name = path.length === 0 ? "the file" : `"${path.join(".")}"`;
  return { ...placeOf(text, node?.offset ?? 0), message: `${name}: ${issue.message}` };
}

/** What is no word may be a handle in the wrong place, and this is said in logs, too. */
const shown = (...path: readonly (string | number)[]): string =>
  `"${path.map((part) => (/^[\w-]{1,40}$/.test(String(part)) ? part : "…")).join(".")}"`;

/** A second one would silently undo the first. */
function repeatedKey(node: Node | undefined): Node | undefined {
  const seen = new Set<unknown>();
  for (const child of node?.children ?? []) {
    const key = child.type === "property" ? child.children?.[0] : undefined;
    if (key !== undefined && seen.has(key.value)) return key;
    if (key !== undefined) seen.add(key.value);
    const inner = repeatedKey(child);
    if (inner !== undefined) return inner;
  }
  return undefined;
}

/** `PropertyNameExpected` → `property name expected`. */
const wordsOf = ({ error }: ParseError): string =>
  printParseErrorCode(error)
    .replaceAll(/(?!^)[A-Z]/g, (letter) => ` ${letter}`)
    .toLowerCase();

function placeOf(text: string, offset: number): Pick<ConfigMistake, "line" | "column"> {
  const lines = text.slice(0, offset).split("\n");
  return { line: lines.length, column: (lines.at(-1)?.length ?? 0) + 1 };
}

const keepAwakeOf = (setting: FileSettings["keep_awake"]): KeepAwake =>
  setting === "on_power" ? "on_power" : setting === true ? "always" : "never";

function toOwnerFile(file: FileSettings): OwnerFile {
  const { link = {}, intervals = {} } = file;
  const t = DEFAULT_TIMES;
  return {
    cliPath: file.cliPath ?? "imsg",
    dbPath: file.dbPath,
    attachmentRoots: file.attachment_roots ?? DEFAULT_ATTACHMENT_ROOTS,
    keepAwake: keepAwakeOf(file.keep_awake),
    config: {
      debounceMs: file.debounce_ms ?? DEFAULT_DEBOUNCE_MS,
      rules: {
        paused: file.paused ?? false,
        readOnly: file.read_only ?? false,
        methods: { allow: file.methods?.allow, deny: file.methods?.deny ?? [] },
        recipients: { allow: file.recipients?.allow, deny: file.recipients?.deny ?? [] },
        sendRoots: file.send_roots ?? [],
        capBytes: Math.floor((file.media_max_mb ?? DEFAULT_MEDIA_MAX_MB) * MIB),
        sends: { perHour: file.sends?.per_hour, perDay: file.sends?.per_day },
      },
      times: {
        heartbeatMs: link.heartbeat_ms ?? t.heartbeatMs,
        deadAfterMs: link.dead_after_ms ?? t.deadAfterMs,
        databaseLookMs: intervals.database_look_ms ?? t.databaseLookMs,
        livenessMs: intervals.liveness_ms ?? t.livenessMs,
        restartMs: intervals.restart_ms ?? t.restartMs,
        restartMaxMs: intervals.restart_max_ms ?? t.restartMaxMs,
        holdMs: intervals.hold_ms ?? t.holdMs,
        repairMs: intervals.repair_ms ?? t.repairMs,
        readMs: intervals.read_ms ?? t.readMs,
        mutationMs: intervals.mutation_ms ?? t.mutationMs,
        quietMs: intervals.quiet_ms ?? t.quietMs,
        oldLookMs: intervals.look_ms ?? t.oldLookMs,
        sweepMs: intervals.sweep_ms ?? t.sweepMs,
      },
    },
  };
}
