/** A line from imsg as a test reads it. */
export type Json = Readonly<Record<string, unknown>>;

/** Parsed with the digits of an id kept as text, because 30 of them must come back exactly [03]. */
export function parse(line: string): Json {
  const exactId = /"id":(-?\d{16,})(?=[,}])/.exec(line)?.[1];
  const parsed = JSON.parse(line) as Json;
  return exactId === undefined ? parsed : { ...parsed, id: exactId };
}

export const isNotification = (message: Json): boolean => "method" in message;
