// What breaks in a seed, and when: kill -9 of every process, wires, the journal, imsg itself, and the owner at the
// keyboard. Always one of every process, and what else the seed says.
import type { FaultKind, Stage } from "../../imsg-sim/faults.ts";
import type { Dialect } from "../../imsg-sim/host.ts";
import { below, between, pick } from "../../imsg-sim/random.ts";
import type { Wish } from "./wish.ts";

export type WireName = "agent" | "A" | "B";

/** Strikes while imsg holds a send there, if one comes soon; null = whatever is going on. */
export type Aim = Exclude<Stage, "after_answer"> | null;

/** `at`: milliseconds after the traffic began. */
export type Strike = { readonly at: number } & (
  | { readonly what: "relay"; readonly aim: Aim; readonly downMs: number }
  | {
      readonly what: "agent";
      readonly aim: Aim;
      readonly downMs: number;
      /** `orphaned`: its imsg goes on with what it has, as when only the agent dies. */
      readonly imsg: "killed" | "orphaned";
      /** While it is down. `torn`: its last line is half there. */
      readonly journal: "kept" | "lost" | "torn";
    }
  | { readonly what: "imsg"; readonly aim: Aim; readonly which: "all" | "last" }
  | { readonly what: "cut"; readonly wires: readonly WireName[]; readonly how: "reset" | "end" }
  | { readonly what: "silence"; readonly wires: readonly WireName[]; readonly ms: number }
  /** Armed then; it strikes the `count`-th send after that, of those that say `text` where that is given. */
  | { readonly what: "fault"; readonly fault: FaultKind; readonly count: number; readonly text?: string }
  /** The owner writes the very same into the same chat on the Mac. */
  | { readonly what: "typed"; readonly key: string; readonly place: number; readonly text: string }
);

/** Strikes begin within this: everything is up again soon after the traffic ends. */
const STRIKES_MS = 1_700;
const FIRST_MS = 800;
const DOWN_MS = [30, 700] as const;
const SILENCE_MS = [200, 1_200] as const;
const HOLD_MS = [100, 800] as const;
const WIRES: readonly (readonly WireName[])[] = [["agent"], ["A"], ["B"], ["A", "B"], ["agent", "A", "B"]];
/** A gateway asks for it and, before it is gone or shortly after, the owner types it. */
const TYPED_MS = [-60, 160] as const;

const MAX_TRAPS = 4;
const TRAPS: readonly FaultKind[] = [
  { kind: "crash", at: "before_effect" },
  { kind: "crash", at: "after_effect" },
  { kind: "lose_answer" },
  { kind: "fail", error: { code: -32603, message: "Internal error", data: "AppleScript failed" } },
];

export function planStrikes(random: () => number, dialect: Dialect, wishes: readonly Wish[]): Strike[] {
  const at = (): number => Math.floor(100 + random() * STRIKES_MS);
  const times = (most: number): number => Math.floor(random() * (most + 1));
  const relay = (): Strike => ({
    what: "relay",
    at: at(),
    aim: aimOf(random),
    downMs: between(random, DOWN_MS),
  });
  const imsg = (): Strike => ({
    what: "imsg",
    at: at(),
    aim: aimOf(random),
    which: random() < 0.5 ? "all" : "last",
  });
  // The first while most of the traffic is still to come: there is a send to aim at.
  const first = Math.floor(FIRST_MS * random());
  const strikes: Strike[] = [relay(), agentStrike(random, first), imsg()];
  if (random() < 0.5) strikes.push(relay());
  if (random() < 0.35) strikes.push(agentStrike(random, at()));
  if (random() < 0.5) strikes.push(imsg());
  for (let left = times(2); left > 0; left -= 1)
    strikes.push({
      what: "cut",
      at: at(),
      wires: pick(random, WIRES),
      how: random() < 0.5 ? "reset" : "end",
    });
  if (random() < 0.2)
    strikes.push({ what: "silence", at: at(), wires: pick(random, WIRES), ms: between(random, SILENCE_MS) });
  for (let left = 1 + times(2); left > 0; left -= 1)
    strikes.push({ what: "fault", at: at(), fault: faultOf(random, dialect), count: 1 + times(2) });
  for (const wish of wishes) if (wish.parts === 1 && random() < 0.1) strikes.push(typedOf(random, wish));
  const typed = new Set(strikes.flatMap((strike) => (strike.what === "typed" ? [strike.text] : [])));
  const traps = wishes.flatMap((wish) => trapsFor(random, wish, typed.has(wish.text)));
  return [...strikes, ...traps.slice(0, MAX_TRAPS)].sort((a, b) => a.at - b.at);
}

/** What is hardest to tell: twins, parts, and what the owner says as well; something goes wrong with many of them. */
function trapsFor(random: () => number, { twinOf, parts, text }: Wish, isTyped: boolean): Strike[] {
  const trap = (trapped: string, count: number): Strike => ({
    what: "fault",
    at: 0,
    fault: pick(random, TRAPS),
    count,
    text: trapped,
  });
  if (twinOf !== undefined) return random() < 0.6 ? [trap(text, 1 + below(random, 2))] : [];
  if (parts > 1) return random() < 0.35 ? [trap(pick(random, text.split("\n\n")), 1)] : [];
  return isTyped && random() < 0.5 ? [trap(text, 1)] : [];
}

function agentStrike(random: () => number, at: number): Strike {
  const dice = random();
  return {
    what: "agent",
    at,
    aim: aimOf(random),
    downMs: between(random, DOWN_MS),
    imsg: random() < 0.6 ? "orphaned" : "killed",
    journal: dice < 0.2 ? "lost" : dice < 0.35 ? "torn" : "kept",
  };
}

const aimOf = (random: () => number): Aim =>
  pick(random, [null, "before_effect", "after_effect", "after_effect"]);

function typedOf(random: () => number, { key, at, place, text }: Wish): Strike {
  return { what: "typed", at: Math.max(0, at + between(random, TYPED_MS)), key, place, text };
}

function faultOf(random: () => number, dialect: Dialect): FaultKind {
  const stage = random() < 0.5 ? "before_effect" : "after_effect";
  const common: readonly (() => FaultKind)[] = [
    () => ({ kind: "crash", at: stage }),
    () => ({ kind: "crash", at: random() < 0.3 ? "after_answer" : stage }),
    () => ({ kind: "lose_answer" }),
    () => ({ kind: "hang", at: stage }),
    () => ({ kind: "hold", ms: between(random, HOLD_MS), at: stage }),
    () => ({ kind: "hold", ms: between(random, HOLD_MS), at: stage }),
    () => ({ kind: "fail", error: { code: -32603, message: "Internal error", data: "AppleScript failed" } }),
  ];
  const newer: readonly (() => FaultKind)[] = [
    () => ({ kind: "out_of_order" }),
    () => ({ kind: "stuck", ms: between(random, HOLD_MS), effect: pick(random, ["none", "done", "late"]) }),
  ];
  return pick(random, dialect === "0.15" ? [...common, ...newer] : common)();
}
