import { PassThrough, Writable } from "node:stream";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Input } from "../../../gateway/lines/input.ts";
import { LineSplitter } from "../../../gateway/lines/line-splitter.ts";
import { Output } from "../../../gateway/lines/output.ts";
import { settle } from "../support/virtual-clock.ts";

function split(bytes: Buffer, cuts: readonly number[], maxBytes = 1_000): string[] {
  const splitter = new LineSplitter(maxBytes);
  const edges = [0, ...[...cuts].sort((a, b) => a - b), bytes.length];
  const lines = edges.slice(1).flatMap((to, at) => splitter.push(bytes.subarray(edges[at], to)));
  return [...lines, ...splitter.end()].map((line) => (line.kind === "line" ? line.text : "<too long>"));
}

describe("lines", () => {
  test("however the bytes are cut, also inside a character, the lines are the same", () => {
    const text = fc
      .array(fc.constantFrom("a", "é", "👨‍👩‍👧", '{"x":"ü"}', "日"), { maxLength: 6 })
      .map((parts) => parts.join(""));
    fc.assert(
      fc.property(
        fc.array(text, { maxLength: 6 }),
        fc.array(fc.nat(120), { maxLength: 8 }),
        (lines, cuts) => {
          const bytes = Buffer.from(lines.join("\n"));
          const inside = cuts.map((cut) => Math.min(cut, bytes.length));
          expect(split(bytes, inside)).toEqual(lines.filter((line) => line !== ""));
        },
      ),
      { numRuns: 300 },
    );
  });

  test("blank lines, CRLF and a byte order mark are skipped; the last line needs no line feed", () => {
    expect(split(Buffer.from("\n\r\n  \n\uFEFFa\r\nb"), [])).toEqual(["a", "b"]);
  });

  test("a line over the limit is told as such, is not kept, and does not spoil the next", () => {
    expect(split(Buffer.from(`${"x".repeat(30)}\nok\n`), [5, 15, 25], 20)).toEqual(["<too long>", "ok"]);
  });
});

describe("standard input", () => {
  test("one line may change who gets the next, also within a chunk", async () => {
    const stream = new PassThrough();
    const input = new Input(stream);
    const got: string[] = [];
    const taker = (name: string) => ({
      line: (line: { kind: string; text?: string }) => {
        got.push(`${name} ${line.text ?? line.kind}`);
        if (line.text === "switch") input.take(taker("second"));
      },
      end: () => got.push(`${name} end`),
    });
    input.take(taker("first"));
    stream.end("a\nswitch\nb\nc");
    await settle();
    await settle();
    expect(got).toEqual(["first a", "first switch", "second b", "second c", "second end"]);
    input.take(taker("late"));
    expect(got.at(-1)).toBe("late end");
  });
});

describe("standard output", () => {
  test("a line counts as written when the pipe has it, and flushing waits for that", () => {
    const waiting: (() => void)[] = [];
    const stream = new Writable({ write: (_chunk, _encoding, done) => void waiting.push(done) });
    const output = new Output(stream, () => undefined);
    const seen: string[] = [];
    output.write("a", () => seen.push("written"));
    output.flushed(() => seen.push("flushed"));
    expect(seen).toEqual([]);
    waiting.shift()?.();
    return settle().then(() => expect(seen).toEqual(["written", "flushed"]));
  });

  test("a reader that is gone is reported once, and what is written then is dropped", async () => {
    const stream = new Writable({ write: (_chunk, _encoding, done) => done(new Error("EPIPE")) });
    let broken = 0;
    const output = new Output(stream, () => (broken += 1));
    output.write("a", () => expect.unreachable());
    output.write("b", () => expect.unreachable());
    await settle();
    expect(broken).toBe(1);
  });
});
