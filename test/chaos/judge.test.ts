// The judge of chaos finds out what it is there for: one history that is right, and the same with one thing wrong.
import { describe, expect, test } from "vitest";
import {
  event,
  final,
  IN_PARTS,
  judged,
  KILLED,
  NEVER_SEEN,
  QUEUED,
  row,
  told,
  TWINS,
  UNKNOWN,
  wish,
  type History,
} from "./judge-histories.ts";

describe("what the judge of chaos says of sends", () => {
  const RIGHT: readonly (readonly [what: string, History])[] = [
    ["one that was sent", {}],
    ["one that was refused", { told: { k: [told("not_sent")] }, finals: { k: final("not_sent") }, rows: [] }],
    [
      "one that the relay never heard of, since the Mac was away",
      { told: { k: [told("not_sent", { operation: null })] }, finals: { k: NEVER_SEEN }, rows: [] },
    ],
    [
      "one that was lost on its way, and sent when it was asked for again",
      { told: { k: [told("nothing"), told("sent", { at: 500 })] } },
    ],
    [
      "one that is unknown because imsg was killed, without an effect",
      { ...UNKNOWN, rows: [], excuses: [KILLED], outcomes: [event("unknown")] },
    ],
    [
      "one that was unknown, and that its row has settled",
      { told: { k: [told("unknown")] }, excuses: [KILLED], outcomes: [event("sent", ["G1"])] },
    ],
    [
      "one that was unknown, and that the Mac has on record as never begun",
      {
        told: { k: [told("unknown")] },
        finals: { k: final("not_sent") },
        rows: [],
        excuses: [KILLED],
        outcomes: [event("unknown"), event("not_sent")],
        neverBegun: ["op_1"],
      },
    ],
    ["two that say the same", TWINS],
    [
      "one that passes for what the owner typed at that moment",
      {
        told: { k: [told("unknown")] },
        rows: [row("G1", "k hello", "owner")],
        excuses: [KILLED],
        outcomes: [event("sent", ["G1"])],
      },
    ],
    ["one in parts", IN_PARTS],
    [
      "one of which the first part went out, as a row told later",
      {
        ...IN_PARTS,
        rows: [row("G1", "kp0. a")],
        told: { k: [told("unknown", { delivered: 0 })] },
        finals: { k: final("not_sent", { guids: ["G1"] }) },
        excuses: [KILLED],
        outcomes: [event("not_sent", ["G1"])],
      },
    ],
    ["two that waited for the Mac", QUEUED],
    [
      "one of which it was told later which message it is",
      {
        told: { k: [told("queued")] },
        outcomes: [event("sent", [null]), event("sent", ["G1"])],
      },
    ],
    [
      "what waited while the owner wrote the same as one that was not sent",
      {
        ...QUEUED,
        rows: [row("G8", "q hello", "owner"), row("G1", "k hello")],
        told: { ...QUEUED.told, q: [told("not_sent", { operation: null, askedAt: 300, at: 400 })] },
        finals: { ...QUEUED.finals, q: NEVER_SEEN },
      },
    ],
    [
      "one that waited, and that an imsg without its agent sent late",
      {
        ...QUEUED,
        rows: QUEUED.rows.toReversed(),
        told: { ...QUEUED.told, k: [told("queued"), told("unknown", { at: 500 })] },
        excuses: [{ ...KILLED, at: 450, until: 480 }],
      },
    ],
  ];

  test.each(RIGHT)("nothing of %s", (_what, history) => {
    expect(judged(history)).toEqual([]);
  });

  const WRONG: readonly (readonly [what: string, said: RegExp, History])[] = [
    ["I7: two effects of one key", /2 effects of 1/, { rows: [row("G1", "k hello"), row("G9", "k hello")] }],
    ["I6: sent without an effect", /only 0/, { rows: [] }],
    [
      "I6: not sent with an effect",
      /k \(not_sent\): 1 effects/,
      { told: { k: [told("not_sent")] }, finals: { k: final("not_sent") } },
    ],
    [
      "I6: an effect of what the relay never heard of",
      /k \(never seen\): 1 effects/,
      { told: { k: [told("not_sent", { operation: null })] }, finals: { k: NEVER_SEEN } },
    ],
    ["I6: the guid of another message", /G1, which is no row of it/, { rows: [row("G7", "k hello")] }],
    [
      "I7: another answer to the other gateway",
      /to gateway A and .* to gateway B/,
      { finals: { k: [final("sent"), final("unknown")] } },
    ],
    [
      "I7: another answer by the tunnel",
      /and by relay\.outcome/,
      { finals: { k: final("sent", { otherwise: "unknown" }) } },
    ],
    [
      "I6: sent, and unknown in the end",
      /was sent to A .* is unknown/,
      {
        finals: { k: final("unknown", { isFinal: false }) },
        excuses: [KILLED],
        outcomes: [event("unknown")],
      },
    ],
    [
      "I6: unknown, and not sent in the end",
      /was unknown to A .* is not_sent/,
      {
        told: { k: [told("unknown")] },
        finals: { k: final("not_sent") },
        rows: [],
        excuses: [KILLED],
        outcomes: [event("not_sent")],
      },
    ],
    [
      "I6: on record as never begun, with an effect",
      /k \(not_sent\): 1 effects/,
      {
        told: { k: [told("unknown")] },
        finals: { k: final("not_sent") },
        excuses: [KILLED],
        outcomes: [event("unknown"), event("not_sent")],
        neverBegun: ["op_1"],
      },
    ],
    [
      "I6: refused for good, and sent in the end",
      /was not_sent to A .* is sent/,
      { told: { k: [told("not_sent")] } },
    ],
    ["I6: no answer at all", /k was never answered/, { told: { k: [told("nothing")] } }],
    ["I6: no end", /still open/, { finals: { k: final(null, { state: "open" }) } }],
    [
      "I7: two operations of one key",
      /several operations/,
      { told: { k: [told("sent"), told("sent", { operation: "op_9" })] } },
    ],
    [
      "I7: another answer to the same request later",
      /asked again it is unknown/,
      { repeats: new Map([["k", [told("unknown")]]]) },
    ],
    [
      "I6: unknown though nothing was killed that had it",
      /no fault explains/,
      { ...UNKNOWN, rows: [], excuses: [{ ...KILLED, at: 900, until: 950 }], outcomes: [event("unknown")] },
    ],
    [
      "I6: two unknown of one that was killed",
      /2 are unknown, and faults explain 1/,
      {
        wishes: [wish("k"), wish("l")],
        told: { k: [told("unknown")], l: [told("unknown", { operation: "op_2" })] },
        finals: { k: final("unknown"), l: final("unknown", { operation: "op_2" }) },
        rows: [],
        excuses: [KILLED],
        outcomes: [event("unknown"), { ...event("unknown"), operation: "op_2" }],
      },
    ],
    [
      "I6: unknown in the end, with its row in the log",
      /its row is there and can be no other's/,
      { ...UNKNOWN, excuses: [KILLED], outcomes: [event("unknown")] },
    ],
    [
      "I6: one message said to be two sends",
      /said to be both k and t/,
      { ...TWINS, finals: { k: final("sent"), t: final("sent", { operation: "op_2" }) } },
    ],
    [
      "I7: three effects of two that say the same",
      /3 effects of 2/,
      { ...TWINS, rows: [...TWINS.rows, row("G3", "k hello")] },
    ],
    [
      "I7: a part twice",
      /part 1 of k is there 2 times/,
      { ...IN_PARTS, rows: [...IN_PARTS.rows, row("G3", "kp1. b")] },
    ],
    ["parts in the wrong order", /order: part 1/, { ...IN_PARTS, rows: IN_PARTS.rows.toReversed() }],
    [
      "I6: a part after one that did not go out",
      /part 1 of k is there without the one before/,
      { ...IN_PARTS, rows: IN_PARTS.rows.slice(1) },
    ],
    [
      "I6: fewer parts than were said to be delivered",
      /2 of 2 delivered, and 1 are there/,
      { ...IN_PARTS, rows: IN_PARTS.rows.slice(0, 1) },
    ],
    ["what nobody asked for", /nobody asked for G5/, { rows: [row("G1", "k hello"), row("G5", "what?")] }],
    [
      "the right words in another chat",
      /nobody asked for G1 in \+;chat100/,
      { rows: [{ ...row("G1", "k hello"), chat: "+;chat100" }] },
    ],
    ["a queue out of order", /q went out before k/, { ...QUEUED, rows: QUEUED.rows.toReversed() }],
    [
      "SEND3: one that was asked for later and went past one that waited",
      /q went out before k/,
      {
        ...QUEUED,
        rows: QUEUED.rows.toReversed(),
        told: {
          ...QUEUED.told,
          q: [told("sent", { operation: "op_2", askedAt: 300, at: 400, guids: ["G2"] })],
        },
      },
    ],
    [
      "SEND8: two events that say the same",
      /told the same again/,
      {
        told: { k: [told("unknown")] },
        excuses: [KILLED],
        outcomes: [event("sent", ["G1"]), event("sent", ["G1"])],
      },
    ],
    [
      "one that was cancelled, and sent",
      /k was cancelled at 300, and is sent/,
      { cancelled: [{ key: "k", status: 200, at: 300 }] },
    ],
    [
      "an unknown that no event settles",
      /no event tells that it is sent/,
      { told: { k: [told("unknown")] }, excuses: [KILLED] },
    ],
    [
      "a last event that says something else",
      /its last event says/,
      { told: { k: [told("unknown")] }, excuses: [KILLED], outcomes: [event("unknown")] },
    ],
  ];

  test.each(WRONG)("that it is broken: %s", (_what, said, history) => {
    expect(judged(history).join("\n")).toMatch(said);
  });
});
