/** Looked at when it is first asked for, and once. */
export function once<T>(look: () => T): () => T {
  let seen: { readonly value: T } | undefined;
  return () => (seen ??= { value: look() }).value;
}
