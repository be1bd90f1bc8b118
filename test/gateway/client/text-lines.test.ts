import { describe, expect, test } from "vitest";
import { textLines } from "../../../gateway/client/text-lines.ts";

const encoder = new TextEncoder();

describe("lines", () => {
  const cut = async (text: string, size: number, most = 100): Promise<(string | undefined)[]> => {
    const bytes = encoder.encode(text);
    async function* chunks(): AsyncGenerator<Uint8Array, void> {
      const memory = new Uint8Array(size);
      for (let at = 0; at < bytes.length; at += size) {
        const part = bytes.subarray(at, at + size);
        // The same memory for each chunk, as a file's reader has it.
        memory.set(part);
        yield memory.subarray(0, part.length);
      }
    }
    const found: (string | undefined)[] = [];
    for await (const line of textLines(chunks(), most)) found.push(line);
    return found;
  };

  test("are the same however they are cut; what has no end is none", async () => {
    for (let size = 1; size < 20; size += 1)
      expect(await cut("één\n日本語\n\nlast\ncut off", size)).toEqual(["één", "日本語", "", "last"]);
  });

  test("a long one is nobody's, and ends what never would", async () => {
    expect(await cut("12345678901\nshort\n", 30, 10)).toEqual([undefined, "short"]);
    expect(await cut("x".repeat(1_000), 7, 10)).toEqual([undefined]);
  });
});
