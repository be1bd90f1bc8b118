// agent.jsonc: the owner's own file. Everything in it is checked at start; what is not understood stops the
// start and names its line, because a mistyped veto that is ignored is worse than none.
import {
  findNodeAtLocation,
  parse,
  parseTree,
  printParseErrorCode,
  type Node,
  type ParseError,
} from "jsonc-parser/lib/esm/main.js";
import * as z from "zod";
import { err, ok, type Result } from "../../shared/result.ts";
import { DEFAULT_MEDIA_MAX_MB } from "../limits.ts";
import { readRoot } from "../../shared/attachment-roots.ts";
import { DEFAULT_DEBOUNCE_MS, DEFAULT_TIMES, MIB, type AgentConfig } from "./config.ts";

const LENIENT = { allowTrailingComma: true, allowEmptyContent: true };
const MAX_ENTRIES = 10_000;
/** Where Messages keeps them. */
const DEFAULT_ATTACHMENT_ROOTS = ["~/Library/Messages/Attachments"];
const SECOND = 1_000;
const HOUR = 3_600 * SECOND;

const list = z.array(z.string().min(1).max(1_000)).max(MAX_ENTRIES);
const lists = z.strictObject({ allow: list.exactOptional(), deny: list.exactOptional() });
const wait = (min: number, max: number) => z.int().min(min).max(max).exactOptional();

/** One that would never match is a mistake worth saying. */
const attachmentRoot = z
  .string()
  .min(1)
  .max(1_000)
  .refine((root) => readRoot(root.replace(/^~(?=\/|$)/, "/home")) !== undefined, {
    error: "begins with / or ~/, and goes nowhere upwards",
  });

const fileSchema = z.strictObject({
  cliPath: z.string().min(1).exactOptional(),
  dbPath: z.string().min(1).exactOptional(),
  debounce_ms: wait(0, 10 * SECOND),
  read_only: z.boolean().exactOptional(),
  methods: lists.exactOptional(),
  recipients: lists.exactOptional(),
  send_roots: list.exactOptional(),
  attachment_roots: z.array(attachmentRoot).max(MAX_ENTRIES).exactOptional(),
  media_max_mb: z.number().positive().max(10_000).exactOptional(),
  link: z
    .strictObject({ heartbeat_ms: wait(10, 60 * SECOND), dead_after_ms: wait(20, 300 * SECOND) })
    .exactOptional(),
  intervals: z
    .strictObject({
      database_look_ms: wait(10, HOUR),
      liveness_ms: wait(10, HOUR),
      restart_ms: wait(1, HOUR),
      restart_max_ms: wait(1, HOUR),
      hold_ms: wait(1, HOUR),
      repair_ms: wait(1, 24 * HOUR),
      read_ms: wait(10, HOUR),
      mutation_ms: wait(10, HOUR),
      quiet_ms: wait(1, 60 * SECOND),
      look_ms: wait(1, 60 * SECOND),
      sweep_ms: wait(10, HOUR),
    })
    .exactOptional(),
});
type FileSettings = z.infer<typeof fileSchema>;

export interface OwnerFile {
  readonly config: AgentConfig;
  /** The program, or its name on PATH. */
  readonly cliPath: string;
  /** Undefined = imsg's own default. */
  readonly dbPath: string | undefined;
  /** Folders out of which attachments may be read; `*` = one path segment. */
  readonly attachmentRoots: readonly string[];
}

/** One mistake, for a human: where and what. */
interface ConfigMistake {
  readonly line: number;
  readonly message: string;
}

/** `text` undefined = there is no file, and everything is as it is by default. */
export function readOwnerFile(text: string | undefined): Result<OwnerFile, ConfigMistake> {
  if (text === undefined) return ok(toOwnerFile({}));
  const errors: ParseError[] = [];
  const value: unknown = parse(text, errors, LENIENT);
  const broken = errors[0];
  if (broken !== undefined) {
    return err({
      line: lineAt(text, broken.offset),
      message: `not valid JSON: ${printParseErrorCode(broken.error)}`,
    });
  }
  const settings = fileSchema.safeParse(value ?? {});
  if (settings.success) return ok(toOwnerFile(settings.data));
  const [issue] = settings.error.issues;
  const root = parseTree(text, [], LENIENT);
  if (issue === undefined) return err({ line: 1, message: "not understood" });
  return err(mistakeOf(text, root, issue));
}

function mistakeOf(text: string, root: Node | undefined, issue: z.core.$ZodIssue): ConfigMistake {
  const path = issue.path.map((part) => (typeof part === "number" ? part : String(part)));
  if (issue.code === "unrecognized_keys") {
    const key = issue.keys[0] ?? "";
    const node = root === undefined ? undefined : findNodeAtLocation(root, [...path, key]);
    // The value is found; its key stands before it, on the line that matters.
    const offset = node?.parent?.offset ?? 0;
    const near = nearest(key, knownKeys(path));
    const hint = near === undefined ? "" : `; did you mean "${near}"?`;
    return { line: lineAt(text, offset), message: `unknown setting "${[...path, key].join(".")}"${hint}` };
  }
  const node = root === undefined ? undefined : findNodeAtLocation(root, path);
  const name = path.length === 0 ? "the file" : `"${path.join(".")}"`;
  return { line: lineAt(text, node?.offset ?? 0), message: `${name}: ${issue.message}` };
}

/** The keys that could stand where `path` leads. */
function knownKeys(path: readonly (string | number)[]): string[] {
  let schema: unknown = fileSchema;
  for (const part of path) schema = shapeOf(schema)?.[String(part)];
  return Object.keys(shapeOf(schema) ?? {});
}

function shapeOf(schema: unknown): Readonly<Record<string, unknown>> | undefined {
  if (schema instanceof z.ZodObject) return schema.shape;
  if (schema instanceof z.ZodExactOptional) return shapeOf(schema.unwrap());
  return undefined;
}

const lineAt = (text: string, offset: number): number => text.slice(0, offset).split("\n").length;

/** The key that needs the fewest changes, where that is few. */
function nearest(word: string, known: readonly string[]): string | undefined {
  const plain = (text: string): string => text.toLowerCase().replaceAll(/[_-]/g, "");
  const best = known
    .map((key) => ({ key, distance: distance(plain(word), plain(key)) }))
    .sort((a, b) => a.distance - b.distance)[0];
  return best !== undefined && best.distance <= Math.max(2, word.length / 3) ? best.key : undefined;
}

/** Levenshtein, one row at a time. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const swap = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(swap, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}

function toOwnerFile(file: FileSettings): OwnerFile {
  const { link = {}, intervals = {} } = file;
  const t = DEFAULT_TIMES;
  return {
    cliPath: file.cliPath ?? "imsg",
    dbPath: file.dbPath,
    attachmentRoots: file.attachment_roots ?? DEFAULT_ATTACHMENT_ROOTS,
    config: {
      capBytes: Math.floor((file.media_max_mb ?? DEFAULT_MEDIA_MAX_MB) * MIB),
      debounceMs: file.debounce_ms ?? DEFAULT_DEBOUNCE_MS,
      rules: {
        readOnly: file.read_only ?? false,
        methods: { allow: file.methods?.allow, deny: file.methods?.deny ?? [] },
        recipients: { allow: file.recipients?.allow, deny: file.recipients?.deny ?? [] },
        sendRoots: file.send_roots ?? [],
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
