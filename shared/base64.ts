// Base64 as RFC 4648 §4 writes it: + and /, padded. For keys and signatures; whole files would not fit a stack.
const WRITTEN = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

export const encodeBase64 = (bytes: Uint8Array): string => btoa(String.fromCharCode(...bytes));

/** Undefined for what no encoder would write: another alphabet, no padding, stray bits. `atob` lets much of it pass. */
export function decodeBase64(text: string): Uint8Array<ArrayBuffer> | undefined {
  if (!WRITTEN.test(text)) return undefined;
  const bytes = Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
  return encodeBase64(bytes) === text ? bytes : undefined;
}
