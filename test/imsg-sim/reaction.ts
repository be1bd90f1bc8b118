import type { Reaction } from "./effects.ts";
import { invalidParams } from "./rpc-failure.ts";
import type { TapbackKind } from "./world-op.ts";

/** Every spelling the real one takes, emoji included: 🤣 folds onto laugh. */
const KINDS: readonly (readonly [TapbackKind, readonly string[]])[] = [
  ["love", ["love", "heart", "❤️", "❤"]],
  ["like", ["like", "thumbsup", "thumbs-up", "+1", "👍"]],
  ["dislike", ["dislike", "thumbsdown", "thumbs-down", "-1", "👎"]],
  ["laugh", ["laugh", "haha", "lol", "😂", "🤣"]],
  ["emphasis", ["emphasize", "emphasis", "!!", "‼", "‼️"]],
  ["question", ["question", "?", "❓"]],
];

/** The reaction a `tapback` call asks for; "remove-love" takes one back, as `remove: true` does. */
export function reactionOf(raw: string, emoji: string | undefined, remove: boolean): Reaction {
  if (emoji !== undefined && emoji !== "") return { kind: "custom", emoji, remove };
  const word = raw.trim().toLowerCase();
  if (word === "") throw invalidParams("reaction, kind, or emoji is required");
  const name = word.replace(/^remove-/, "");
  const kind = KINDS.find(([, names]) => names.includes(name))?.[0];
  if (kind === undefined) {
    throw invalidParams(
      `unsupported tapback reaction ${raw}; use love, like, dislike, laugh, emphasize, or question`,
    );
  }
  return { kind, remove: remove || name !== word };
}
