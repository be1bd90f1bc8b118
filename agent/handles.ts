// Comparing handles for the owner's lists. Where a number's country is not known, denying is generous and
// allowing is strict: a list must never be passed by writing a number another way.
interface Handle {
  readonly kind: "phone" | "other";
  /** Digits with a leading + where the number is international; an address in lower case. */
  readonly text: string;
}

/** One that a deny list is compared with, or holds. */
interface FoldedHandle extends Handle {
  /** Of a number: its digits without zeros in front, first as they are. */
  readonly spellings: readonly string[];
}

/** `e` and `p`: as Messages itself marks an address, or a number. */
const PREFIXES = /^(?:\s*(?:imessage|sms|rcs|auto|tel|mailto|handle|e|p):)+/i;
/** Fewer digits than this name too many people to be compared by their end. */
const MIN_COMPARED_DIGITS = 7;

export function readHandle(written: string): Handle {
  const text = written.replace(PREFIXES, "").trim();
  if (!/^\+?[\d\s().\-/]+$/.test(text) || !/\d/.test(text))
    return { kind: "other", text: text.toLowerCase() };
  const digits = text.replaceAll(/\D/g, "");
  if (text.startsWith("+")) return { kind: "phone", text: `+${digits}` };
  return { kind: "phone", text: digits.startsWith("00") ? `+${digits.slice(2)}` : digits };
}

/**
 * What a handle is to whoever turns it into a number: digits of other scripts are digits, every dash is a dash, and
 * marks that nobody sees (Contacts copies them along) are none.
 */
export function readFolded(written: string): FoldedHandle {
  const handle = readHandle(
    written
      .normalize("NFKC")
      .replaceAll(/\p{Cf}/gu, "")
      .replaceAll(/\p{Pd}/gu, "-")
      .replaceAll(/[\u0660-\u0669\u06F0-\u06F9]/g, (digit) => String((digit.codePointAt(0) ?? 0) & 0xf)),
  );
  return { ...handle, spellings: handle.kind === "phone" ? spellingsOf(handle.text) : [] };
}

/** For an allow list: the same, written the same. */
export const isSameHandle = (a: Handle, b: Handle): boolean => a.kind === b.kind && a.text === b.text;

/**
 * For a deny list, both folded: also where one of the two lacks its country and the ends agree, and where a number
 * stands in what is neither a plain one nor an address ("+1555… ext. 5"): nobody knows what is made of it.
 */
export function mayBeSameHandle(a: FoldedHandle, b: FoldedHandle): boolean {
  if (isSameHandle(a, b)) return true;
  if (a.kind !== b.kind) return [a, b].every((one) => one.kind === "phone" || holdsNumber(one));
  if (a.kind !== "phone") return false;
  if (a.text.startsWith("+") && b.text.startsWith("+"))
    return a.spellings.some((spelling) => b.spellings.includes(spelling));
  const [one = "", two = ""] = [a.spellings[0], b.spellings[0]];
  const [short, long] = one.length < two.length ? [one, two] : [two, one];
  return short.length >= MIN_COMPARED_DIGITS && long.endsWith(short);
}

/** "+44 (0)20 …": a zero that is dialled only inside a country, which is written after one to three digits. */
function spellingsOf(text: string): string[] {
  const digits = text.replace(/^\+?0*/, "");
  const shorter = [1, 2, 3].filter((at) => digits[at] === "0");
  return [digits, ...shorter.map((at) => digits.slice(0, at) + digits.slice(at + 1))];
}

const holdsNumber = ({ text }: Handle): boolean =>
  !text.includes("@") && !text.startsWith("urn:") && text.replaceAll(/\D/g, "").length >= MIN_COMPARED_DIGITS;
