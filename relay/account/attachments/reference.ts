// What callers name files by: sealed, so that nobody learns or makes up a path, and nothing has to be kept.
import * as z from "zod";
import { parseJson } from "../../../shared/json.ts";
import { MAX_PATH_CHARS } from "../../../shared/transfer-frames.ts";

/** A file on the Mac that a message shows. */
const shownSchema = z.object({
  /** Of the message, and which of its attachments. */
  guid: z.string(),
  at: z.int(),
  path: z.string().min(1).max(MAX_PATH_CHARS),
  name: z.string(),
  type: z.string(),
});
/** A file that was uploaded to the Mac, to be sent. */
const stagedSchema = z.object({
  staged: z.string(),
  name: z.string(),
  size: z.int().min(0),
  /** SHA-256, base64; null while it is not whole. */
  digest: z.string().nullable(),
});

/** The same for whoever has the link, until then (ms), and the endpoint that was given it. */
const linkedSchema = shownSchema.extend({ until: z.number(), endpoint: z.string() });
export type LinkedFile = z.infer<typeof linkedSchema>;
export type ShownFile = z.infer<typeof shownSchema>;
export type StagedFile = z.infer<typeof stagedSchema>;

export interface Sealing {
  seal(text: string): string;
  /** Undefined = not sealed by this relay for this account. */
  unseal(sealed: string): string | undefined;
}

const SHOWN = "att_";
const STAGED = "stg_";
const LINKED = "lnk_";

/** The longest there may be, in characters: a path of 4,096 bytes, all of it escaped. */
export const MAX_REFERENCE_CHARS = 12_000;

export const nameShown = (sealing: Sealing, { guid, at, path, name, type }: ShownFile): string =>
  SHOWN + sealing.seal(JSON.stringify({ guid, at, path, name, type }));

export const nameStaged = (sealing: Sealing, { staged, name, size, digest }: StagedFile): string =>
  STAGED + sealing.seal(JSON.stringify({ staged, name, size, digest }));

export const nameLinked = (
  sealing: Sealing,
  { guid, at, path, name, type }: ShownFile,
  { until, endpoint }: Pick<LinkedFile, "until" | "endpoint">,
): string => LINKED + sealing.seal(JSON.stringify({ guid, at, path, name, type, until, endpoint }));

export const isLink = (text: string): boolean => text.startsWith(LINKED);

/** Undefined also where its time is over. */
export function openLinked(
  sealing: Pick<Sealing, "unseal">,
  reference: string,
  now: number,
): LinkedFile | undefined {
  const file = open(sealing, LINKED, reference, linkedSchema);
  return file !== undefined && file.until > now ? file : undefined;
}

export const isStagedReference = (text: string): boolean => text.startsWith(STAGED);

export const openShown = (sealing: Sealing, reference: string): ShownFile | undefined =>
  open(sealing, SHOWN, reference, shownSchema);

export const openStaged = (sealing: Sealing, reference: string): StagedFile | undefined =>
  open(sealing, STAGED, reference, stagedSchema);

function open<T>(
  sealing: Pick<Sealing, "unseal">,
  prefix: string,
  reference: string,
  schema: z.ZodType<T>,
): T | undefined {
  if (!reference.startsWith(prefix) || reference.length > MAX_REFERENCE_CHARS) return undefined;
  const text = sealing.unseal(reference.slice(prefix.length));
  const json = text === undefined ? undefined : parseJson(text);
  return json?.ok === true ? schema.safeParse(json.value).data : undefined;
}
