import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { eventKindSchema } from "../../../shared/events.ts";
import { parseKindFilter, wantsKind } from "../../../shared/webhooks/event-kinds.ts";

const KINDS = eventKindSchema.options;
const FAMILIES = [
  ...new Set(KINDS.filter((kind) => kind !== "gap").map((kind) => `${kind.split(".")[0]}.*`)),
];

function filter(...patterns: string[]): readonly string[] {
  const parsed = parseKindFilter(patterns);
  if (!parsed.ok) throw new Error(parsed.error);
  return parsed.value;
}

describe("an endpoint's kinds", () => {
  it("may be every kind of the table, every family and all", () => {
    for (const pattern of [...KINDS, ...FAMILIES, "*"]) expect(filter(pattern)).toEqual([pattern]);
  });

  it("are shown as they work: each once, without what a wider one covers", () => {
    expect(filter("message.sent", "message.sent", "account.online")).toEqual([
      "message.sent",
      "account.online",
    ]);
    expect(filter("message.sent", "message.*", "account.online")).toEqual(["message.*", "account.online"]);
    expect(filter("message.*", "gap", "*", "account.online")).toEqual(["*"]);
  });

  it.each([
    ["message.recieved", 'there is no kind of event "message.recieved"; did you mean "message.received"?'],
    ["Message.Received", 'there is no kind of event "Message.Received"; did you mean "message.received"?'],
    ["messages.*", 'there is no kind of event "messages.*"; did you mean "message.*"?'],
    ["message", 'there is no kind of event "message"; did you mean "message.*"?'],
    ["**", '"**": a wildcard stands alone or for a whole family, as in "message.*"'],
    ["*.sent", '"*.sent": a wildcard stands alone or for a whole family, as in "message.*"'],
    ["message.re*", '"message.re*": a wildcard stands alone or for a whole family, as in "message.*"'],
    ["gap.*", `there is no kind of event "gap.*"; there are ${KINDS.join(", ")}`],
    ["typing", `there is no kind of event "typing"; there are ${KINDS.join(", ")}`],
  ])("%j is refused with what was probably meant", (pattern, error) => {
    expect(parseKindFilter(["gap", pattern])).toEqual({ ok: false, error });
  });

  it("are at least one and at most 64, and an error quotes no more than 64 characters", () => {
    expect(parseKindFilter([])).toEqual({
      ok: false,
      error: 'name at least one kind of event, or "*" for all',
    });
    expect(parseKindFilter(Array<string>(65).fill("gap"))).toEqual({
      ok: false,
      error: "at most 64 kinds of events",
    });
    const parsed = parseKindFilter(["x".repeat(10_000)]);
    expect(parsed.ok ? "" : parsed.error).toContain(`"${"x".repeat(64)}"`);
    expect(parsed.ok ? "" : parsed.error).not.toContain("x".repeat(65));
  });

  it("choose by kind, by family, or all; a kind that a later relay adds is in its family", () => {
    expect(KINDS.filter((kind) => wantsKind(filter("message.sent"), kind))).toEqual(["message.sent", "gap"]);
    expect(KINDS.filter((kind) => wantsKind(filter("pairing.*"), kind))).toEqual([
      ...KINDS.filter((kind) => kind.startsWith("pairing.")),
      "gap",
    ]);
    expect(KINDS.filter((kind) => wantsKind(filter("*"), kind))).toEqual(KINDS);
    expect(wantsKind(filter("message.*"), "message.edited")).toBe(true);
    expect(wantsKind(filter("message.*"), "messages.edited")).toBe(false);
  });

  it("choose the same after the filter was shortened", () => {
    const patterns = fc.array(fc.constantFrom(...KINDS, ...FAMILIES, "*"), { minLength: 1, maxLength: 64 });
    fc.assert(
      fc.property(patterns, fc.constantFrom(...KINDS), (patterns, kind) => {
        expect(wantsKind(filter(...patterns), kind)).toBe(wantsKind(patterns, kind));
      }),
    );
  });
});
