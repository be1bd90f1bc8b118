import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ChannelConfig } from "../../../shared/config/settings.ts";
import { decide } from "../../../shared/policy/decide.ts";
import type { Decision, Verdict } from "../../../shared/policy/decision.ts";
import { inboundSchema, type Inbound } from "../../../shared/policy/inbound.ts";
import { REASONS } from "../../../shared/policy/reasons.ts";
import { replyTo, sessionKey } from "../../../shared/policy/session.ts";
import { ANN, BOB, configOf, contextOf, ME, type Memory } from "./support.ts";

const handle = fc.constantFrom(
  ANN,
  BOB,
  ME,
  "ann@example.com",
  "AMZN",
  "",
  "*",
  "chat_id:1",
  `imessage:${ANN}`,
);
const guid = fc.constantFrom(
  "",
  "any;",
  "any;+;chat1",
  "iMessage;+;chat1",
  `any;-;${ANN}`,
  `any;-;${ME}`,
  "odd",
);
const words = fc.constantFrom(
  "",
  "hello",
  "hey bot",
  "/status",
  "/reset",
  "Loved “x”",
  "<final>",
  "\uFFFC",
  "`<final>`",
);
const odd = fc.oneof(
  fc.constant(null),
  fc.integer(),
  fc.boolean(),
  fc.array(fc.integer()),
  fc.object({ maxDepth: 1 }),
);
const mostly = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<unknown> =>
  fc.oneof({ weight: 9, arbitrary: value }, { weight: 1, arbitrary: odd });

/** Rows as a Mac might show them, some fields of a wrong type, some absent. */
const inbound: fc.Arbitrary<Inbound> = fc
  .record(
    {
      chat_id: mostly(fc.integer({ min: 0, max: 3 })),
      chat_guid: mostly(guid),
      chat_identifier: mostly(handle),
      sender: mostly(handle),
      destination_caller_id: mostly(handle),
      is_from_me: mostly(fc.boolean()),
      is_group: mostly(fc.boolean()),
      is_reaction: mostly(fc.boolean()),
      reacted_to_guid: mostly(fc.constantFrom("OURS", "G-9", "")),
      text: mostly(fc.oneof(words, fc.string({ unit: "binary" }))),
      participants: mostly(fc.array(handle)),
      attachments: mostly(fc.array(odd, { maxLength: 2 })),
    },
    { requiredKeys: [] },
  )
  .map((row) => inboundSchema.parse({ id: 1, guid: "G-1", ...row }));

const entry = fc.oneof(
  handle,
  fc.constantFrom("chat_id:1", "chat_guid:any;+;chat1", "chat_identifier:chat1", "chat_id:x"),
  fc.string({ maxLength: 8 }),
);
const entries = fc.array(entry, { maxLength: 3 });
const groups = fc.dictionary(
  fc.constantFrom("*", "1", "2", "chat_guid:SMS;+;chat1", "any;+;chat1", "nonsense", "__proto__"),
  fc.record({ requireMention: fc.boolean() }, { requiredKeys: [] }),
  { maxKeys: 3 },
);

const config: fc.Arbitrary<ChannelConfig> = fc
  .record({
    enabled: fc.constantFrom(true, true, true, false),
    dmPolicy: fc.constantFrom("pairing", "allowlist", "open", "disabled"),
    allowFrom: entries,
    groupPolicy: fc.constantFrom("allowlist", "open", "disabled"),
    groupAllowFrom: fc.option(entries),
    groups,
    mentionPatterns: fc.array(fc.constantFrom("bot", "(", "(a+)+$"), { maxLength: 2 }),
    historyLimit: fc.constantFrom(0, 50),
    reactionNotifications: fc.constantFrom("off", "own", "all"),
    includeAttachments: fc.boolean(),
    dmScope: fc.constantFrom("main", "per-peer", "per-channel-peer", "per-account-channel-peer"),
    commands: fc.record(
      {
        ownerAllowFrom: entries,
        useAccessGroups: fc.boolean(),
        names: fc.array(fc.constant("reset"), { maxLength: 1 }),
      },
      { requiredKeys: [] },
    ),
  } as const)
  .map((change) => configOf(change));

const memory: fc.Arbitrary<Memory> = fc.record({
  approved: fc.array(fc.constantFrom(ANN, BOB, ME), { maxLength: 2 }),
  sent: fc.constantFrom([], [], ["G-1"], ["OURS"]),
  own: fc.constantFrom([], ["OURS"]),
  echoes: fc.constantFrom([], [], ["hello"]),
  twins: fc.constantFrom([], ["G-1"]),
  ids: fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 2 }),
});

const RUNS = { numRuns: 1_000 };
const VERDICTS: readonly Verdict[] = ["show", "hold", "pair", "command", "drop"];

describe("whatever the message and the configuration (POL1)", () => {
  it("POL1 there is one decision, with a reason that is in the table, and the same each time", () => {
    fc.assert(
      fc.property(inbound, config, memory, (message, settings, known) => {
        const context = contextOf(settings, known);
        const decision = decide(message, context);
        expect(VERDICTS).toContain(decision.verdict);
        expect(REASONS).toHaveProperty(decision.reason);
        expect(decide(message, context)).toEqual(decision);
      }),
      RUNS,
    );
  });

  /** Doors that need no list: asking to pair, groups that are open, and what the account writes in named groups. */
  function isOpenDoor({ verdict, chat_type, reason }: Decision, settings: ChannelConfig): boolean {
    if (verdict === "pair") return settings.dmPolicy === "pairing" && chat_type === "direct";
    if (chat_type !== "group") return false;
    return settings.groupPolicy === "open" || (reason === "own" && Object.keys(settings.groups).length > 0);
  }

  it("POL1 nothing is shown, held or obeyed where nobody is listed and nobody was approved", () => {
    fc.assert(
      fc.property(inbound, config, memory, (message, settings, known) => {
        const closed = { ...settings, allowFrom: [], groupAllowFrom: [] };
        const decision = decide(message, contextOf(closed, { ...known, approved: [] }));
        expect(decision.verdict === "drop" || isOpenDoor(decision, settings)).toBe(true);
      }),
      RUNS,
    );
  });

  it("POL1 with everything switched off nothing passes", () => {
    fc.assert(
      fc.property(inbound, config, memory, (message, settings, known) => {
        const off = { ...settings, dmPolicy: "disabled", groupPolicy: "disabled" } as const;
        expect(decide(message, contextOf(off, known)).verdict).toBe("drop");
        expect(decide(message, contextOf({ ...settings, enabled: false }, known)).reason).toBe("disabled");
      }),
      RUNS,
    );
  });

  it("POL1 only an owner's message is a command", () => {
    fc.assert(
      fc.property(inbound, config, memory, (message, settings, known) => {
        const context = contextOf(settings, known);
        const { verdict, command, sender } = decide(message, context);
        expect(verdict !== "command" || (command !== null && context.rules.owners.has(sender))).toBe(true);
      }),
      RUNS,
    );
  });

  it("POL1 only a direct message of somebody else, neither listed nor approved, asks to pair", () => {
    fc.assert(
      fc.property(inbound, config, memory, (message, settings, known) => {
        const { verdict, chat_type, self_chat, sender } = decide(message, contextOf(settings, known));
        const isStranger = sender !== "" && known.approved?.includes(sender) === false;
        expect(verdict !== "pair" || (chat_type === "direct" && !self_chat && isStranger)).toBe(true);
      }),
      RUNS,
    );
  });

  it("POL1 only a group's message without a mention is held", () => {
    fc.assert(
      fc.property(inbound, config, memory, (message, settings, known) => {
        const { verdict, chat_type, mentioned } = decide(message, contextOf(settings, known));
        expect(verdict !== "hold" || (chat_type === "group" && mentioned === false)).toBe(true);
      }),
      RUNS,
    );
  });

  it("POL1 widening a list never shuts anybody out", () => {
    fc.assert(
      fc.property(inbound, config, memory, handle, (message, settings, known, more) => {
        const isShown = decide(message, contextOf(settings, known)).verdict === "show";
        const wider = { ...settings, allowFrom: [...settings.allowFrom, more] };
        expect(!isShown || decide(message, contextOf(wider, known)).verdict === "show").toBe(true);
      }),
      // One in twenty-five is shown at all.
      { numRuns: 5_000 },
    );
  });

  it("POL17 POL18 what is not dropped has a session and a way to answer, into its own chat", () => {
    fc.assert(
      fc.property(inbound, config, memory, (message, settings, known) => {
        const decision = decide(message, contextOf(settings, known));
        const session = sessionKey(settings.dmScope, "acc_1", decision, message);
        const answer = replyTo(message);
        const isDropped = decision.verdict === "drop";
        expect(isDropped || (session !== null && answer !== null)).toBe(true);
        expect(session?.startsWith("imessage:group:") === true).toBe(decision.chat_type === "group");
      }),
      RUNS,
    );
  });
});
