// One message as imsg showed it: the few facts that order it, and the object itself, untouched.
import * as z from "zod";
import { dateOf, isAnchored, messageSchema } from "../../shared/imsg.ts";
import { byteLength } from "../../shared/json.ts";
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
  readonly bytes: number;
}

export type RowRead =
  | { readonly kind: "row"; readonly row: Row }
  /** The schema was read while the database was locked: nothing of this process can be used. */
  | { readonly kind: "no_guid" }
  | { readonly kind: "unreadable" };

/** The row as it can be stored; undefined where even its text is not what makes it too large. */
export function fitRow(row: Row): Row | undefined {
  if (row.bytes <= MAX_ROW_BYTES) return row;
  const { text } = row.message;
  if (typeof text !== "string") return undefined;
  const message = { ...row.message, text: text.slice(0, CUT_TEXT_CHARS) };
  const bytes = byteLength(JSON.stringify(message));
  return bytes <= MAX_ROW_BYTES ? { ...row, message, bytes } : undefined;
}

const rawSchema = z.looseObject({});
const unnamedSchema = z.looseObject({ id: z.int(), guid: z.literal("") });
const cursorSchema = z.looseObject({ cursor: z.int() });

export function readRow(value: unknown): RowRead {
  const facts = messageSchema.safeParse(value);
  const raw = rawSchema.safeParse(value);
  if (!facts.success || !raw.success) {
    return { kind: unnamedSchema.safeParse(value).success ? "no_guid" : "unreadable" };
  }
  const cursor = cursorSchema.safeParse(value);
  const { id, guid, chat_id } = facts.data;
  return {
    kind: "row",
    row: {
      rowid: id,
      guid,
      anchored: isAnchored(facts.data),
      chatId: chat_id,
      date: dateOf(facts.data),
      cursor: cursor.success ? cursor.data.cursor : undefined,
      message: raw.data,
      bytes: byteLength(JSON.stringify(value)),
    },
  };
}
