import { RelayError } from "../../shared/errors.ts";

/** The lines of a body as they come; one longer than `most` bytes (UTF-16 units) is refused. Empty ones are left out. */
export async function* bodyLines(
  body: ReadableStream<Uint8Array> | null,
  most: number,
): AsyncGenerator<string, void> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of body ?? []) {
    const parts = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = parts.pop() ?? "";
    if (rest.length > most) throw new RelayError("too_large", `a line is at most ${most} bytes`);
    for (const line of parts) if (line !== "") yield line;
  }
  rest += decoder.decode();
  if (rest !== "") yield rest;
}
