// Each part of a message is a call of its own to the Mac, named after its operation: the journal there remembers it
// under that name (LINK14).

export const callOf = (operation: string, part: number): string =>
  part === 0 ? operation : `${operation}.${part}`;

/** Undefined = no name of ours. */
export function readCall(name: string): { operation: string; part: number } | undefined {
  const match = /^([^.]+)(?:\.([1-9]\d{0,5}))?$/.exec(name);
  return match?.[1] === undefined ? undefined : { operation: match[1], part: Number(match[2] ?? 0) };
}
