import type { TapbackKind } from "./world-op.ts";

interface TapbackWords {
  readonly kind: TapbackKind;
  readonly emoji: string;
  readonly added: string;
  readonly removed: string;
}

// The index is the low digit of associated_message_type: 2000 loved … 2006 any emoji; 3000 … taken back.
const WORDS: readonly TapbackWords[] = [
  { kind: "love", emoji: "❤️", added: "Loved", removed: "Removed a heart from" },
  { kind: "like", emoji: "👍", added: "Liked", removed: "Removed a like from" },
  { kind: "dislike", emoji: "👎", added: "Disliked", removed: "Removed a dislike from" },
  { kind: "laugh", emoji: "😂", added: "Laughed at", removed: "Removed a laugh from" },
  { kind: "emphasis", emoji: "‼️", added: "Emphasized", removed: "Removed an exclamation from" },
  { kind: "question", emoji: "❓", added: "Questioned", removed: "Removed a question mark from" },
];

const wordsOf = (kind: TapbackKind): TapbackWords | undefined => WORDS.find((words) => words.kind === kind);

/** Set for the classic ones too: "❤️" for love [transcript 08]. */
export function tapbackEmoji(kind: TapbackKind, emoji: string | undefined): string {
  return wordsOf(kind)?.emoji ?? emoji ?? "";
}

/** The sentence Messages stores as the text of a tapback row [transcript 08]. */
export function tapbackSentence(kind: TapbackKind, emoji: string, remove: boolean, of: string): string {
  const words = wordsOf(kind);
  if (words !== undefined) return `${remove ? words.removed : words.added} “${of}”`;
  return remove ? `Removed ${emoji} from “${of}”` : `Reacted ${emoji} to “${of}”`;
}
