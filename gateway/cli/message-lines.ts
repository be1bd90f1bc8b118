// A message as lines of a conversation: time, who, and the text beside it, wrapped to the width of the terminal.
import * as z from "zod";
import { cells, cut, padded, wrapped } from "./text-cells.ts";
import { harmless, harmlessLines } from "./text-table.ts";

const text = z.string().catch("");
const optional = z.string().nullish().catch(undefined);

/** What is shown of imsg's message, whatever else is in it. */
export const shownMessageSchema = z.looseObject({
  guid: text,
  text,
  sender: text,
  sender_name: optional,
  chat_name: optional,
  chat_identifier: optional,
  is_from_me: z.boolean().catch(false),
  is_reaction: z.boolean().catch(false),
  reaction_emoji: optional,
  created_at: text,
  reply_to_text: optional,
  attachments: z
    .array(
      z.looseObject({ transfer_name: text, mime_type: text, missing: z.boolean().catch(false) }).catch({
        transfer_name: "",
        mime_type: "",
        missing: false,
      }),
    )
    .catch([]),
  reactions: z
    .array(z.looseObject({ emoji: text, sender: text, is_from_me: z.boolean().catch(false) }))
    .catch([]),
});
export type ShownMessage = z.infer<typeof shownMessageSchema>;

/** Undefined where imsg gave no date that can be read. */
export function sentAt({ created_at }: Pick<ShownMessage, "created_at">): number | undefined {
  const at = Date.parse(created_at);
  return Number.isNaN(at) ? undefined : at;
}

export const senderOf = ({ is_from_me, sender_name, sender }: ShownMessage): string =>
  is_from_me ? "me" : sender_name || sender || "?";

/** The quoted text and attachments are longer than anybody reads here. */
const MAX_QUOTE_CELLS = 60;

/** Everything that is said by it, a line each, harmless to a terminal. */
export function linesOf(message: ShownMessage): string[] {
  const { is_reaction, reaction_emoji, reply_to_text, attachments, reactions } = message;
  const lines = harmlessLines(message.text);
  const words = lines.join("") === "" ? [] : lines;
  if (is_reaction) return [[harmless(reaction_emoji ?? ""), ...words].join(" ").trim()];
  const quoted = reply_to_text ? [`> ${cut(harmlessLines(reply_to_text).join(" "), MAX_QUOTE_CELLS)}`] : [];
  const files = attachments.map(
    ({ transfer_name, mime_type, missing }) =>
      `[${harmless(transfer_name || mime_type || "attachment")}${missing ? ", not on the Mac" : ""}]`,
  );
  const answers = reactions.map(({ emoji, sender, is_from_me }) =>
    harmless(`${emoji} ${is_from_me ? "me" : sender}`),
  );
  const all = [...quoted, ...words, ...files, ...(answers.length === 0 ? [] : [`(${answers.join(", ")})`])];
  return all.length === quoted.length ? [...all, "(no text)"] : all;
}

const GAP = "  ";
/** What is left for the text on the narrowest terminals, in cells. */
const MIN_TEXT_CELLS = 20;

export interface Layout {
  /** Undefined: nothing is cut and nothing is wrapped. */
  readonly columns: number | undefined;
  /** Cells of the column that says who. */
  readonly whoCells: number;
}

export function layLines(
  time: string,
  who: string,
  lines: readonly string[],
  { columns, whoCells }: Layout,
): string[] {
  const name = harmless(who);
  const first = `${time}${GAP}${padded(columns === undefined ? name : cut(name, whoCells), whoCells)}${GAP}`;
  const margin = " ".repeat(cells(time) + whoCells + 2 * GAP.length);
  const width = columns === undefined ? undefined : Math.max(MIN_TEXT_CELLS, columns - cells(margin));
  const parts = width === undefined ? lines : lines.flatMap((line) => wrapped(line, width));
  return parts.map((line, at) => `${at === 0 ? first : margin}${line}`.trimEnd());
}
