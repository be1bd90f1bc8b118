// Patterns as the program of one automaton. Written from the end backwards, so that every step knows what follows.
import { readySet, type ReadySet } from "./pattern-set.ts";
import type { CharSet, Node, Place } from "./pattern-syntax.ts";

type Step =
  | { readonly op: "take"; readonly set: ReadySet; readonly next: number }
  | { readonly op: "fork"; a: number; readonly b: number }
  | { readonly op: "check"; readonly place: Place; readonly next: number }
  | { readonly op: "match" };

export interface Program {
  readonly steps: readonly Step[];
  readonly start: number;
}

/** Steps a pattern needs: at most one for each character of its source, but for `{n}`, which multiplies. */
export function sizeOf(node: Node): number {
  switch (node.kind) {
    case "sequence":
      return node.parts.reduce((sum, part) => sum + sizeOf(part), 0);
    case "choice":
      return node.parts.reduce((sum, part) => sum + sizeOf(part), node.parts.length - 1);
    case "repeat": {
      const one = sizeOf(node.part);
      if (one === 0 || node.max === 0) return 0;
      return node.max === Infinity
        ? Math.max(node.min, 1) * one + 1
        : node.min * one + (node.max - node.min) * (one + 1);
    }
    default:
      return 1;
  }
}

interface Draft {
  readonly steps: Step[];
  /** A repetition writes its set many times; it is made ready once. */
  readonly sets: Map<CharSet, ReadySet>;
}

/** Matches where any of the patterns does. */
export function compileProgram(patterns: readonly Node[]): Program {
  const draft: Draft = { steps: [], sets: new Map() };
  const match = add(draft, { op: "match" });
  const start = emitChoice(draft, patterns, match);
  return { steps: draft.steps, start };
}

const add = ({ steps }: Draft, step: Step): number => steps.push(step) - 1;

/** Writes the steps of a node that go on at `next`; gives the step to begin with. */
function emit(draft: Draft, node: Node, next: number): number {
  switch (node.kind) {
    case "set":
      return add(draft, { op: "take", set: setOf(draft, node.set), next });
    case "place":
      return add(draft, { op: "check", place: node.place, next });
    case "sequence":
      return node.parts.reduceRight((after, part) => emit(draft, part, after), next);
    case "choice":
      return emitChoice(draft, node.parts, next);
    default:
      return emitRepeat(draft, node, next);
  }
}

function setOf({ sets }: Draft, set: CharSet): ReadySet {
  const known = sets.get(set);
  if (known !== undefined) return known;
  const ready = readySet(set);
  sets.set(set, ready);
  return ready;
}

const emitChoice = (draft: Draft, parts: readonly Node[], next: number): number =>
  parts.map((part) => emit(draft, part, next)).reduceRight((b, a) => add(draft, { op: "fork", a, b }));

function emitRepeat(draft: Draft, { part, min, max }: Node & { kind: "repeat" }, next: number): number {
  // What takes nothing is the same however often; an endless count of it must not be counted out.
  if (max === 0 || sizeOf(part) === 0) return next;
  let entry = next;
  let left = min;
  if (max === Infinity) {
    const fork: Step = { op: "fork", a: next, b: next };
    const loop = add(draft, fork);
    fork.a = emit(draft, part, loop);
    entry = min === 0 ? loop : fork.a;
    left = Math.max(min - 1, 0);
  } else {
    for (let extra = min; extra < max; extra += 1)
      entry = add(draft, { op: "fork", a: emit(draft, part, entry), b: next });
  }
  for (; left > 0; left -= 1) entry = emit(draft, part, entry);
  return entry;
}
