import { expect, it } from "vitest";
import { LineReader } from "../../agent/node/lines.ts";

function read(max = 100) {
  const heard: unknown[] = [];
  const lines = new LineReader(
    { onLines: (batch) => heard.push(...batch), onOversize: (head, tail) => heard.push({ head, tail }) },
    max,
  );
  return { heard, push: (text: string | Buffer) => lines.push(Buffer.from(text)) };
}

it("lines are put together whatever the pieces, and blank ones are left out", () => {
  const whole = Buffer.from('{"a":"ä🙂"}\r\n\n{"b":2}\n{"c":');
  for (let size = 1; size <= whole.length; size += 1) {
    const { heard, push } = read();
    for (let at = 0; at < whole.length; at += size) push(whole.subarray(at, at + size));
    push("3}\n");
    expect(heard).toEqual(['{"a":"ä🙂"}\r', '{"b":2}', '{"c":3}']);
  }
});

it("lines that come together are handed over together", () => {
  const batches: number[] = [];
  const lines = new LineReader({
    onLines: (batch) => batches.push(batch.length),
    onOversize: () => undefined,
  });
  lines.push(Buffer.from("1\n2\n3\n4"));
  lines.push(Buffer.from("\n"));
  expect(batches).toEqual([3, 1]);
});

it("a line over the cap is skipped with its two ends kept, and what follows is read", () => {
  for (const size of [7, 64, 1_000]) {
    const { heard, push } = read();
    const text = `before\n{"id":5,${"x".repeat(5_000)},"end":1}\nafter\n`;
    for (let at = 0; at < text.length; at += size) push(text.slice(at, at + size));
    expect(heard).toHaveLength(3);
    expect(heard[0]).toBe("before");
    expect(heard[1]).toMatchObject({
      head: expect.stringMatching(/^{"id":5,/),
      tail: expect.stringMatching(/,"end":1}$/),
    });
    expect(heard[2]).toBe("after");
  }
});
