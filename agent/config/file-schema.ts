// What may stand in agent.jsonc. Strict: what is not known is a mistake of the owner's, never ignored.
import * as z from "zod";
import { METHOD_NAMES } from "../../shared/methods.ts";
import { readRoot } from "../../shared/attachment-roots.ts";

const SECOND = 1_000;
const HOUR = 3_600 * SECOND;
const MAX_ENTRIES = 10_000;
/** More than Messages lets anybody send. */
const MAX_SENDS = 1_000_000;

const text = z.string().min(1).max(1_000);
/** An entry that can match nothing is a mistake: whoever wrote it believes that something is forbidden. */
const listsOf = (entry: z.ZodType<string>) => {
  const entries = z.array(entry).max(MAX_ENTRIES).exactOptional();
  return z.strictObject({ allow: entries, deny: entries });
};
const method = text.refine(
  (name) =>
    name === "*" ||
    METHOD_NAMES.includes(name) ||
    (name.endsWith(".*") && METHOD_NAMES.some((known) => known.startsWith(name.slice(0, -1)))),
  { error: 'is no method of imsg\'s, as "send", and no group of them, as "group.*"' },
);
const recipient = text.refine((entry) => /^chat_guid:./.test(entry) || !/^chat|[;*]|^\s*$/i.test(entry), {
  error: 'is a phone number, an address, or "chat_guid:…", each written out',
});
/** A path that begins nowhere means another folder each time. */
const folder = text.refine((path) => /^(?:\/|~\/|~$)/.test(path), { error: "begins with / or ~/" });
const wait = (min: number, max: number) => z.int().min(min).max(max).exactOptional();
const flag = z.boolean().exactOptional();

/** One that would never match is a mistake worth saying. */
const attachmentRoot = text.refine((root) => readRoot(root.replace(/^~(?=\/|$)/, "/home")) !== undefined, {
  error: "begins with / or ~/, and goes nowhere upwards",
});
const program = text.refine((path) => !path.includes("\0"), { error: "holds no NUL" });

export const fileSchema = z.strictObject({
  cliPath: program.exactOptional(),
  dbPath: program.exactOptional(),
  debounce_ms: wait(0, 10 * SECOND),
  paused: flag,
  read_only: flag,
  methods: listsOf(method).exactOptional(),
  recipients: listsOf(recipient).exactOptional(),
  send_roots: z.array(folder).max(MAX_ENTRIES).exactOptional(),
  attachment_roots: z.array(attachmentRoot).max(MAX_ENTRIES).exactOptional(),
  media_max_mb: z.number().positive().max(10_000).exactOptional(),
  sends: z
    .strictObject({
      per_hour: z.int().min(0).max(MAX_SENDS).exactOptional(),
      per_day: z.int().min(0).max(MAX_SENDS).exactOptional(),
    })
    .exactOptional(),
  keep_awake: z
    .union([z.boolean(), z.literal("on_power")], { error: 'is true, false or "on_power"' })
    .exactOptional(),
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
export type FileSettings = z.infer<typeof fileSchema>;

/** The keys that could stand where `path` leads. */
export function knownKeys(path: readonly (string | number)[]): string[] {
  let schema: unknown = fileSchema;
  for (const part of path) schema = shapeOf(schema)?.[String(part)];
  return Object.keys(shapeOf(schema) ?? {});
}

function shapeOf(schema: unknown): Readonly<Record<string, unknown>> | undefined {
  if (schema instanceof z.ZodObject) return schema.shape;
  if (schema instanceof z.ZodExactOptional) return shapeOf(schema.unwrap());
  return undefined;
}
