// One message as imsg showed it: the few facts that order it, and the object itself, untouched.
import * as z from "zod";
import { dateOf, isAnchored, messageSchema } from "../../shared/imsg.ts";
import { CUT_TEXT_CHARS, MAX_ROW_BYTES } from "../limits.ts";

export interface Row {
  readonly rowid: number;
  readonly guid: string;
  readonly anchored: boolean;
  readonly chatId: number;
  /** Milliseconds; undefined where unreadable. */
  readonly date: number | undefined;
  /** The engine's own position after this row, where it gives one. */
  readonly cursor: number | undefined;
  readonly message: Record<string, unknown>;
  /** About as long as it is on the wire. */
  readonly bytes: number;
}

type RowRead =
  | { readonly kind: "row"; readonly row: Row }
  /** The schema was read while the database was locked: nothing of this process can be used. */
  | { readonly kind: "no_guid" }
  | { readonly kind: "unreadable" };

const unnamedSchema = z.looseObject({ id: z.int(), guid: z.literal("") });

export function readRow(value: unknown): RowRead {
  const facts = messageSchema.safeParse(value);
  if (!facts.success || !isRecord(value)) {
    return { kind: unnamedSchema.safeParse(value).success ? "no_guid" : "unreadable" };
  }
  const { id, guid, chat_id, cursor } = facts.data;
  return {
    kind: "row",
    row: {
      rowid: id,
      guid,
      anchored: isAnchored(facts.data),
      chatId: chat_id,
      date: dateOf(facts.data),
      cursor: Number.isSafeInteger(cursor) ? Number(cursor) : undefined,
      message: value,
      bytes: sizeOf(value),
    },
  };
}

/** The row as it can be stored; undefined where even its text is not what makes it too large. */
export function fitRow(row: Row): Row | undefined {
  if (row.bytes <= MAX_ROW_BYTES) return row;
  const { text } = row.message;
  if (typeof text !== "string") return undefined;
  const message = { ...row.message, text: text.slice(0, CUT_TEXT_CHARS) };
  const bytes = sizeOf(message);
  return bytes <= MAX_ROW_BYTES ? { ...row, message, bytes } : undefined;
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Bytes of its JSON, nearly, without making it: thousands of rows a second are measured. */
function sizeOf(value: unknown): number {
  if (typeof value === "string") return Buffer.byteLength(value) + 2;
  if (typeof value !== "object" || value === null) return 8;
  let bytes = 2;
  if (Array.isArray(value)) for (const item of value) bytes += sizeOf(item) + 1;
  else for (const [key, item] of Object.entries(value)) bytes += key.length + 4 + sizeOf(item);
  return bytes;
}
