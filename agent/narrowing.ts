// What the relay's settings may say about the Mac's rules. They are a second set of rules beside the owner's, and
// a call must pass both: nothing here can name a program, a database or a folder that the owner's file does not (I1).
import * as z from "zod";
import type { Rules } from "./veto.ts";

const list = z.array(z.string().max(1_000)).max(10_000);
const optional = <T extends z.ZodType>(schema: T) => schema.optional().catch(undefined);

/** Unknown settings are for others; one of a wrong type counts as absent. */
const settingsSchema = z.looseObject({
  read_only: optional(z.boolean()),
  methods: optional(z.looseObject({ allow: optional(list), deny: optional(list) })),
  recipients: optional(z.looseObject({ allow: optional(list), deny: optional(list) })),
  send_roots: optional(list),
  attachment_roots: optional(list),
});

/** Undefined where the relay narrows nothing. */
export function readNarrowing(settings: unknown): Rules | undefined {
  const read = settingsSchema.safeParse(settings);
  if (!read.success) return undefined;
  const { read_only, methods, recipients, send_roots } = read.data;
  if (read_only !== true && methods === undefined && recipients === undefined && send_roots === undefined)
    return undefined;
  return {
    paused: false,
    readOnly: read_only === true,
    methods: { allow: methods?.allow, deny: methods?.deny ?? [] },
    recipients: { allow: recipients?.allow, deny: recipients?.deny ?? [] },
    sendRoots: send_roots,
    // Each transfer brings its own, and of sends the relay keeps count itself.
    capBytes: undefined,
    sends: { perHour: undefined, perDay: undefined },
  };
}

/** Folders that attachments must lie in besides the owner's; undefined where the relay names none. */
export function readAttachmentRoots(settings: unknown): readonly string[] | undefined {
  const roots = settingsSchema.safeParse(settings).data?.attachment_roots;
  // An empty list is that setting's default: it says nothing.
  return roots === undefined || roots.length === 0 ? undefined : roots;
}
