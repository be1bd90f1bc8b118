// Comparing handles for the owner's lists. Where a number's country is not known, denying is generous and
// allowing is strict: a list must never be passed by writing a number another way.
interface Handle {
  readonly kind: "phone" | "other";
  /** Digits with a leading + where the number is international; an address in lower case. */
  readonly text: string;
}

const PREFIX = /^(?:imessage|sms|rcs|auto|tel|mailto|handle):/i;
/** Fewer digits than this name too many people to be compared by their end. */
const MIN_COMPARED_DIGITS = 7;

export function readHandle(written: string): Handle {
  let text = written.trim();
  while (PREFIX.test(text)) text = text.replace(PREFIX, "").trim();
  if (!/^\+?[\d\s().\-/]+$/.test(text) || !/\d/.test(text))
    return { kind: "other", text: text.toLowerCase() };
  const digits = text.replaceAll(/\D/g, "");
  if (text.startsWith("+")) return { kind: "phone", text: `+${digits}` };
  return { kind: "phone", text: digits.startsWith("00") ? `+${digits.slice(2)}` : digits };
}

/** For an allow list: the same, written the same. */
export const isSameHandle = (a: Handle, b: Handle): boolean => a.kind === b.kind && a.text === b.text;

/** For a deny list: also where one of the two lacks its country and the ends agree. */
export function mayBeSameHandle(a: Handle, b: Handle): boolean {
  if (isSameHandle(a, b)) return true;
  if (a.kind !== "phone" || b.kind !== "phone") return false;
  if (a.text.startsWith("+") && b.text.startsWith("+")) return false;
  const [short, long] = [national(a), national(b)].sort((x, y) => x.length - y.length);
  return (
    short !== undefined && long !== undefined && short.length >= MIN_COMPARED_DIGITS && long.endsWith(short)
  );
}

const national = (handle: Handle): string => handle.text.replace(/^\+?0*/, "");
