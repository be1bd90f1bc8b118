// Histories of one send or two, for the judge: right as they stand, and made to be changed in one thing.
import type { Excuse } from "./sends/excuse.ts";
import type { Final } from "./sends/finals.ts";
import type { Findings, OutcomeEvent, Row } from "./sends/findings.ts";
import { judge } from "./sends/judge.ts";
import { NOTHING, type Told } from "./sends/told.ts";
import type { Wish } from "./sends/wish.ts";

const CHAT = "-;+15550100101";

export const wish = (key: string, other: Partial<Wish> = {}): Wish => ({
  key,
  at: 0,
  door: "messages",
  place: 0,
  text: `${key} hello`,
  twinOf: undefined,
  parts: 1,
  queue: false,
  ttlS: undefined,
  isPatient: true,
  cancelAfter: undefined,
  asks: [{ by: "A", after: 0 }],
  ...other,
});

export const told = (outcome: Told["outcome"], other: Partial<Told> = {}): Told => ({
  ...NOTHING,
  outcome,
  by: "A",
  askedAt: 100,
  at: 200,
  operation: outcome === "nothing" ? null : "op_1",
  guids: outcome === "sent" ? ["G1"] : [],
  ...other,
});

export const final = (outcome: Final["outcome"], other: Partial<Final> = {}): Final => {
  const guids = other.guids ?? (outcome === "sent" ? ["G1"] : []);
  const made: Final = {
    state: "settled",
    outcome,
    operation: "op_1",
    guids,
    delivered: guids.length,
    isFinal: outcome !== "unknown",
    otherwise: null,
    said: "",
    ...other,
  };
  return { ...made, said: JSON.stringify(made) };
};

export const NEVER_SEEN = final(null, { state: "never seen", operation: null });

export const row = (guid: string, text: string, by: Row["by"] = "relay"): Row => ({
  guid,
  chat: CHAT,
  text,
  by,
});
export const event = (
  outcome: OutcomeEvent["outcome"],
  guids: readonly (string | null)[] = [],
): OutcomeEvent => ({
  operation: "op_1",
  outcome,
  final: outcome !== "unknown",
  guids,
});
export const KILLED: Excuse = { at: 150, until: 160, what: "imsg was killed", covers: 1 };

export interface History extends Partial<Omit<Findings, "told" | "finals">> {
  readonly told?: Readonly<Record<string, readonly Told[]>>;
  readonly finals?: Readonly<Record<string, Final | readonly [Final, Final]>>;
}

const isPair = (found: Final | readonly [Final, Final]): found is readonly [Final, Final] =>
  Array.isArray(found);

/** One send, sent, unless it says otherwise. */
export function judged({ told: answers, finals, ...other }: History): string[] {
  return judge({
    wishes: [wish("k")],
    chats: [CHAT, "+;chat100"],
    told: new Map(Object.entries(answers ?? { k: [told("sent")] })),
    repeats: new Map(),
    finals: new Map(
      Object.entries(finals ?? { k: final("sent") }).map(([key, found]) => [
        key,
        isPair(found) ? found : [found, found],
      ]),
    ),
    cancelled: [],
    rows: [row("G1", "k hello")],
    outcomes: [],
    excuses: [],
    neverBegun: [],
    ...other,
  });
}

/** Two parts, both there. */
export const IN_PARTS = {
  wishes: [wish("k", { parts: 2, text: "kp0. a\n\nkp1. b" })],
  rows: [row("G1", "kp0. a"), row("G2", "kp1. b")],
  told: { k: [told("sent", { guids: ["G1", "G2"] })] },
  finals: { k: final("sent", { guids: ["G1", "G2"] }) },
};

/** Two that say the same to the same chat. */
export const TWINS = {
  wishes: [wish("k"), wish("t", { text: "k hello" })],
  rows: [row("G1", "k hello"), row("G2", "k hello")],
  told: { k: [told("sent")], t: [told("sent", { operation: "op_2", guids: ["G2"] })] },
  finals: { k: final("sent"), t: final("sent", { operation: "op_2", guids: ["G2"] }) },
};

export const UNKNOWN = { told: { k: [told("unknown")] }, finals: { k: final("unknown") } };

/** Queued one after the other, and sent so. */
export const QUEUED = {
  wishes: [wish("k", { queue: true }), wish("q", { queue: true })],
  rows: [row("G1", "k hello"), row("G2", "q hello")],
  told: {
    k: [told("queued")],
    q: [told("queued", { operation: "op_2", askedAt: 300, at: 400 })],
  },
  finals: { k: final("sent"), q: final("sent", { operation: "op_2", guids: ["G2"] }) },
  outcomes: [event("sent", ["G1"]), { ...event("sent", ["G2"]), operation: "op_2" }],
};
