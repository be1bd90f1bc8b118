// The doors for bytes. The Worker makes the request to the object anew and says in a header who asks for what, so
// that nobody outside can; the body goes along untouched. A refusal comes back in a header, too.
import * as z from "zod";
import { ERROR_CODES, type Refused } from "../../../shared/errors.ts";
import type { KeyId } from "../../../shared/ids.ts";
import { quotaSaidSchema } from "../../../shared/quotas.ts";

const HEADER = "relay-file";
const REFUSED = "relay-refused";

const caller = z.object({ key: z.string().transform((key) => key as KeyId), secret_hash: z.string() });
const count = z.int().min(0);
const header = z.string().nullable();

const fileDoorSchema = z.discriminatedUnion("name", [
  /** A gateway reads a file of the Mac; `caller` null = the reference is a link, and all that is needed. */
  z.object({
    name: z.literal("download"),
    caller: caller.nullable(),
    reference: z.string(),
    head: z.boolean(),
    range: header,
    if_range: header,
    if_none_match: header,
  }),
  /** A gateway uploads a file, or more of one; `length` null = it asks how far it is. */
  z.object({
    name: z.literal("upload"),
    caller,
    reference: z.string().nullable(),
    file: z.string().nullable(),
    size: count,
    offset: count,
    length: count.nullable(),
  }),
  /** The Mac brings bytes of a download. */
  z.object({ name: z.literal("bring"), transfer: z.string(), offset: count, length: count }),
  /** The Mac fetches the bytes of an upload. */
  z.object({ name: z.literal("fetch"), transfer: z.string() }),
]);
export type FileDoor = z.infer<typeof fileDoorSchema>;

const encode = (value: unknown): string => encodeURIComponent(JSON.stringify(value));

export const fileDoorHeaders = (door: FileDoor): Headers => new Headers({ [HEADER]: encode(door) });

/** Undefined = not through one of these doors. */
export function fileDoorOf(headers: Headers): FileDoor | undefined {
  const text = headers.get(HEADER);
  return text === null ? undefined : fileDoorSchema.safeParse(JSON.parse(decodeURIComponent(text))).data;
}

export const refusedResponse = (refused: Refused): Response =>
  new Response(null, { status: 500, headers: { [REFUSED]: encode(refused) } });

const refusedSchema = z.object({
  code: z.enum(ERROR_CODES),
  detail: z.string().exactOptional(),
  rule: z.string().exactOptional(),
  retry_after_s: z.number().exactOptional(),
  size: z.number().exactOptional(),
  cap: z.number().exactOptional(),
  offset: z.number().exactOptional(),
  quota: quotaSaidSchema.exactOptional(),
});

/** Undefined = it was not refused. */
export function refusedOf({ headers }: Response): Refused | undefined {
  const text = headers.get(REFUSED);
  return text === null ? undefined : refusedSchema.parse(JSON.parse(decodeURIComponent(text)));
}
