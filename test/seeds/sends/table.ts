// Every fault at every point of a send's life. Which of them a history has is said by its seed: over a few dozen
// histories each comes up once, in an order of its own.
import { seededRandom } from "../../imsg-sim/random.ts";

/** Where a send may be when something breaks. */
export const POINTS = [
  /** It was asked for, and the request has not reached the relay. */
  "asked",
  /** It waits for the Mac, or for its turn. */
  "queued",
  /** The call has left the relay. */
  "dispatched",
  /** The agent is writing down that it begins. */
  "journalling",
  /** imsg has it, and has not read it. */
  "given",
  /** Messages has it, and imsg has not answered. */
  "effect",
  /** imsg has answered, and the agent has not heard it. */
  "answered",
  /** The agent is writing down the answer. */
  "recording",
  /** The result has left the agent. */
  "told",
  /** The relay has it, and has thanked the agent. */
  "settled",
] as const;
export type Point = (typeof POINTS)[number];

export const FAULTS = [
  "relay dies",
  "relay is replaced",
  "agent dies",
  "journal lost",
  "journal torn",
  "imsg dies",
  "imsg hangs",
  "imsg dies, Messages goes on",
  "link cut",
  "link swallows",
  "database replaced",
  "twin sent",
  "twin sent, journal lost",
  "owner types the same",
  "owner types the same, imsg dies",
  "taken back",
] as const;
export type Fault = (typeof FAULTS)[number];

export interface Cell {
  readonly point: Point;
  readonly fault: Fault;
}

/** Where a fault can be, if not everywhere. */
const ONLY: { readonly [F in Fault]?: readonly Point[] } = {
  "imsg dies, Messages goes on": ["given"],
  // Before it was stored there is nothing that could be taken back.
  "taken back": POINTS.filter((point) => point !== "asked"),
};

export const CELLS: readonly Cell[] = FAULTS.flatMap((fault) =>
  (ONLY[fault] ?? POINTS).map((point) => ({ point, fault })),
);

export const nameOf = ({ point, fault }: Cell): string => `${fault} @ ${point}`;

/** In one history. */
const PER_HISTORY = 4;

/** The cells of the history that is the `at`-th of its sort, counted from 0. */
export function cellsOf(at: number): Cell[] {
  return Array.from({ length: PER_HISTORY }, (_, index) => {
    const place = at * PER_HISTORY + index;
    const cell = shuffled(Math.floor(place / CELLS.length))[place % CELLS.length];
    if (cell === undefined) throw new Error("no such place in the table");
    return cell;
  });
}

let last: { readonly round: number; readonly cells: readonly Cell[] } | undefined;

function shuffled(round: number): readonly Cell[] {
  if (last?.round === round) return last.cells;
  const random = seededRandom(round + 1);
  const cells = CELLS.map((cell) => [random(), cell] as const)
    .toSorted(([a], [b]) => a - b)
    .map(([, cell]) => cell);
  last = { round, cells };
  return cells;
}
