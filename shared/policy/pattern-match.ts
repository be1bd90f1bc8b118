// Runs a program over a text: every step is tried at most once a character, so the time is bounded by steps ×
// characters, whatever pattern and text. JavaScript's own RegExp goes back and tries again, which takes exponential
// time for some patterns and cannot be interrupted.
import type { Program } from "./pattern-program.ts";
import { canonical, hasUnit, isWordUnit } from "./pattern-set.ts";
import type { Place } from "./pattern-syntax.ts";

/** A program with the memory for its runs, which is used again for each text. */
interface Matcher {
  /** Whether the program matches anywhere in the text, upper and lower case being the same. */
  test(text: string): boolean;
  /** Steps that the last text took. */
  tries(): number;
}

/** After `maxTries` steps it gives up, which counts as no match. */
export function matcherOf({ steps, start }: Program, maxTries = Infinity): Matcher {
  /** For each step the position + 1 at which it was last reached. */
  const reached = new Uint32Array(steps.length);
  /** Steps to begin with at this position, and at the next one: those that took the character between. */
  let here = new Int32Array(steps.length + 1);
  let then = new Int32Array(steps.length + 1);
  /** A step waits at most once for each step that leads to it. */
  const waiting = new Int32Array(2 * steps.length + 2);
  let tries = 0;

  function test(text: string): boolean {
    const units = canonicalUnits(text);
    reached.fill(0);
    let count = 0;
    tries = 0;
    for (let at = 0; at <= units.length; at += 1) {
      const unit = units[at];
      let taken = 0;
      // A match may begin anywhere, so the start joins at every position.
      here[count] = start;
      for (let begin = 0; begin <= count; begin += 1) {
        let top = 0;
        waiting[top++] = here[begin] ?? 0;
        while (top > 0) {
          const index = waiting[--top] ?? 0;
          if (reached[index] === at + 1) continue;
          reached[index] = at + 1;
          tries += 1;
          const step = steps[index];
          if (step === undefined) continue;
          if (step.op === "take") {
            if (unit !== undefined && hasUnit(step.set, unit)) then[taken++] = step.next;
          } else if (step.op === "fork") {
            waiting[top++] = step.b;
            waiting[top++] = step.a;
          } else if (step.op === "match") {
            return true;
          } else if (isAt(step.place, units, at)) {
            waiting[top++] = step.next;
          }
        }
      }
      if (tries > maxTries) return false;
      [here, then] = [then, here];
      count = taken;
    }
    return false;
  }
  return { test, tries: () => tries };
}

function canonicalUnits(text: string): Uint16Array {
  const units = new Uint16Array(text.length);
  for (let at = 0; at < text.length; at += 1) units[at] = canonical(text.charCodeAt(at));
  return units;
}

function isAt(place: Place, units: Uint16Array, at: number): boolean {
  if (place === "start") return at === 0;
  if (place === "end") return at === units.length;
  const before = at > 0 && isWordUnit(units[at - 1] ?? 0);
  const after = at < units.length && isWordUnit(units[at] ?? 0);
  return (before !== after) === (place === "word_edge");
}
