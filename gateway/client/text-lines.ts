/** Undefined: a line is longer than anybody needs. */
type TextLine = string | undefined;

const LF = 0x0a;

/**
 * Lines of bytes as they come, each taken before more is asked for. Cut before they are decoded, so that a chunk may end
 * inside a character. What has no end was cut off, and is no line.
 */
export async function* textLines(
  chunks: AsyncIterable<Uint8Array>,
  mostBytes: number,
): AsyncGenerator<TextLine, void> {
  let parts: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of chunks) {
    let from = 0;
    for (let at = chunk.indexOf(LF); at >= 0; at = chunk.indexOf(LF, from)) {
      parts.push(chunk.subarray(from, at));
      length += at - from;
      yield length > mostBytes ? undefined : textOf(parts, length);
      [parts, length, from] = [[], 0, at + 1];
    }
    length += chunk.length - from;
    if (length > mostBytes) {
      yield undefined;
      return;
    }
    // A chunk is its reader's only until the next one is asked for.
    if (from < chunk.length) parts.push(chunk.slice(from));
  }
}

function textOf(parts: readonly Uint8Array[], length: number): string {
  const [only] = parts;
  const decoder = new TextDecoder();
  if (parts.length === 1 && only !== undefined) return decoder.decode(only);
  const whole = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return decoder.decode(whole);
}
