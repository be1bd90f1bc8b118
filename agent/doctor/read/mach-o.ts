// For which processors a program was built: the first bytes of a Mach-O file, thin or universal.
const THIN_64 = 0xfeedfacf;
const UNIVERSAL = 0xcafebabe;
/** CPU_TYPE_ARM64 and CPU_TYPE_X86_64, by the names Node has for them. */
const NAMES: Readonly<Record<number, string>> = { 0x0100000c: "arm64", 0x01000007: "x64" };
/** A universal file holds two or three; Java's class files begin with the same number and then a larger one. */
const MAX_ARCHITECTURES = 8;

/** Null = no Mach-O file. */
export function architecturesOf(bytes: Uint8Array): string[] | null {
  if (bytes.length < 8) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint32(0, true) === THIN_64) return [nameOf(view.getUint32(4, true))];
  const count = view.getUint32(4);
  if (view.getUint32(0) !== UNIVERSAL || count > MAX_ARCHITECTURES) return null;
  const entries = Array.from({ length: count }, (_, at) => 8 + at * 20).filter(
    (at) => at + 4 <= bytes.length,
  );
  return entries.map((at) => nameOf(view.getUint32(at)));
}

const nameOf = (type: number): string => NAMES[type] ?? "another processor";

/** The program that a script's first line names; null = no script. */
export function interpreterOf(bytes: Uint8Array): string | null {
  const text = new TextDecoder().decode(bytes.subarray(0, 256));
  return /^#!\s*(\S[^\n]*)/.exec(text)?.[1]?.trim() ?? null;
}
