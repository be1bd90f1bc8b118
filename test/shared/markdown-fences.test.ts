import { describe, expect, it } from "vitest";
import { fencedLines, withoutCode } from "../../shared/markdown-fences.ts";

describe("where code stands (POL23)", () => {
  it.each([
    ["a fence and its end", ["```", "x", "```", "y"], [true, true, true, false]],
    ["no end", ["a", "```js", "x"], [false, true, true]],
    ["a shorter end is none", ["````", "```", "````", "y"], [true, true, true, false]],
    ["a longer end is one", ["```", "`````", "y"], [true, true, false]],
    ["another kind is none", ["```", "~~~", "```", "y"], [true, true, true, false]],
    ["an end has no words", ["```", "``` x", "```", "y"], [true, true, true, false]],
    ["inline code on a line of its own", ["```x```", "y"], [false, false]],
    ["indented by four", ["    ```", "y"], [false, false]],
  ])("POL23 %s", (_, all, expected) => {
    expect(fencedLines(all)).toEqual(expected);
  });

  it.each([
    ["a `b` c", "a   c"],
    ["a ``b`c`` d", "a   d"],
    ["a ``b`c`d`` e", "a   e"],
    ["a `b c", "a `b c"],
    ["a ``b` c", "a ``b` c"],
    ["`a` `b`", "   "],
    ["\\`a `b` c", "\\`a   c"],
    ["\\\\`a` c", "\\\\  c"],
    ["a\n```\nb\n```\nc", "a\nc"],
  ])("POL13 %j without code is %j", (text, expected) => {
    expect(withoutCode(text)).toBe(expected);
  });
});
