import { describe, expect, it } from "vitest";
import { ANYBODY, fromAnn, outcome, toAnn, type Settings } from "./support.ts";

describe("messages of nothing (POL12)", () => {
  const photo = { transfer_name: "IMG_1.heic", mime_type: "image/heic", total_bytes: 1 };
  const preview = { transfer_name: "A1B2.pluginPayloadAttachment" };
  it.each<[string, object, Settings, string]>([
    ["no text", { text: "" }, {}, "drop empty"],
    ["blanks", { text: " \n\t " }, {}, "drop empty"],
    ["no text at all", { text: null }, {}, "drop empty"],
    ["only the places of attachments", { text: "\uFFFC \uFFFC" }, { includeAttachments: true }, "drop empty"],
    ["a text", { text: "x" }, {}, "show allowed"],
    ["a text beside a place", { text: "\uFFFCx" }, {}, "show allowed"],
    ["an attachment, not shown", { text: "\uFFFC", attachments: [photo] }, {}, "drop empty"],
    [
      "an attachment, shown",
      { text: "\uFFFC", attachments: [photo] },
      { includeAttachments: true },
      "show allowed",
    ],
    [
      "the data of a preview",
      { text: "", attachments: [preview] },
      { includeAttachments: true },
      "drop empty",
    ],
    [
      "beside a photo",
      { text: "", attachments: [preview, photo] },
      { includeAttachments: true },
      "show allowed",
    ],
    [
      "attachments of another form",
      { text: "", attachments: [7] },
      { includeAttachments: true },
      "show allowed",
    ],
    [
      "attachments that are no list",
      { text: "", attachments: 7 },
      { includeAttachments: true },
      "drop empty",
    ],
  ])("POL12 %s", (_, change, settings, expected) => {
    expect(outcome({ ...fromAnn, ...change }, { ...ANYBODY, ...settings })).toBe(expected);
    const own = expected === "show allowed" ? "show own" : expected;
    expect(outcome({ ...toAnn, ...change }, { ...ANYBODY, ...settings })).toBe(own);
  });
});

describe("loops (POL13)", () => {
  it("POL13 an own send whose row does not say so yet is an echo", () => {
    expect(outcome(fromAnn, ANYBODY, { sent: [fromAnn.guid] })).toBe("drop echo");
    expect(outcome(fromAnn, ANYBODY, { echoes: [fromAnn.text] })).toBe("drop echo");
  });

  it("POL13 a twin is looked for only where the chat may be with oneself", () => {
    expect(outcome(fromAnn, ANYBODY, { twins: [fromAnn.guid] })).toBe("show allowed");
  });

  it.each([
    "before #+#+#+ after",
    "assistant to=final",
    "Assistant to = bash",
    "<thinking>hm</thinking>",
    "</thinking>",
    "< think >",
    "<thought>",
    "<thinking>",
    "<antthinking a='b'>",
    "<relevant-memories>",
    "<relevant_memories>",
    "<final>yes</final>",
    "ACP error (ACP_SESSION_INIT_FAILED): no",
    'Missing API key for "openai" on the gateway.',
  ])("POL13 %j betrays an agent", (text) => {
    expect(outcome({ ...fromAnn, text }, ANYBODY)).toBe("drop reflection");
    expect(outcome({ ...fromAnn, text: `so:\n\`\`\`xml\n${text}\n\`\`\`\nok` }, ANYBODY)).toBe(
      "show allowed",
    );
    expect(outcome({ ...fromAnn, text: `it said \`${text}\` to me` }, ANYBODY)).toBe("show allowed");
    expect(outcome({ ...fromAnn, text: `\`code\` then ${text}` }, ANYBODY)).toBe("drop reflection");
    expect(outcome({ ...toAnn, text }, ANYBODY)).toBe("show own");
  });

  it.each([
    "#+# once",
    "the assistant to the manager",
    "I think, therefore",
    "a < thinking b",
    "<finally>",
    "the final answer",
    "ACP error",
    "Missing API key",
  ])("POL13 %j does not", (text) => {
    expect(outcome({ ...fromAnn, text }, ANYBODY)).toBe("show allowed");
  });

  it("POL13 code that is never closed is code to the end, but an odd backtick is none", () => {
    expect(outcome({ ...fromAnn, text: "```\n<final>" }, ANYBODY)).toBe("show allowed");
    expect(outcome({ ...fromAnn, text: "it`s <final> time" }, ANYBODY)).toBe("drop reflection");
  });

  it("POL13 a text of backticks takes no time", () => {
    const before = performance.now();
    outcome({ ...fromAnn, text: `<final>${"`".repeat(200_000)}x${"` ".repeat(100_000)}` }, ANYBODY);
    expect(performance.now() - before).toBeLessThan(1_000);
  });
});
