// What a seed decides: who sends what when, and what breaks when. Pure, so that a seed's plan can be printed without
// running it; real processes decide the rest.
import type { Dialect } from "../../imsg-sim/host.ts";
import { below, seededRandom } from "../../imsg-sim/random.ts";
import type { Settings } from "../../imsg-sim/settings.ts";
import { planStrikes, type Strike } from "./strike-plan.ts";
import type { Ask, Door, GatewayName, Wish } from "./wish.ts";

export interface Plan {
  readonly seed: number;
  readonly dialect: Dialect;
  readonly imsg: Settings;
  readonly wishes: readonly Wish[];
  readonly strikes: readonly Strike[];
}

/** Of the traffic; what is asked again comes up to ASK_AGAIN_MS later. */
export const TRAFFIC_MS = 2_000;
const ASK_AGAIN_MS = 900;
export const PLACES = 5;
const WISHES = 20;
/** Messages takes its time, so most of the time a send is in imsg's hands. */
export const SEND_MS = [15, 100] as const;
/** So long that two of them make no bubble together, and one alone needs no other. */
const PARAGRAPH_CHARS = 150;
export const CHUNK_CHARS = 200;
const MAX_PARTS = 4;
const WORDS = ["late", "train", "coffee", "keys", "tomorrow", "garden", "window", "seven", "maybe", "thanks"];

export function planOf(seed: number): Plan {
  const random = seededRandom(seed);
  const dialect: Dialect = seed % 2 === 0 ? "0.9" : "0.15";
  const imsg: Settings = {
    sending: random() < 0.25 ? "without_guid" : "works",
    bridgeReady: random() < 0.4,
    sendMs: SEND_MS,
  };
  const wishes = Array.from({ length: WISHES }, (_, at) => wishOf(random, `s${seed}k${at}`));
  const twins = wishes
    .filter(({ parts, queue }) => parts === 1 && !queue && random() < 0.15)
    .map(twinOf(random));
  const strikes = planStrikes(random, dialect, [...wishes, ...twins]);
  const queued = strikes.flatMap(queuedDuring(random, seed));
  const all = [...wishes, ...twins, ...queued].sort((a, b) => a.at - b.at);
  return { seed, dialect, imsg, wishes: all, strikes };
}

function wishOf(random: () => number, key: string): Wish {
  const door: Door = random() < 0.6 ? "messages" : "tunnel";
  const parts = door === "messages" && random() < 0.25 ? 2 + below(random, MAX_PARTS - 1) : 1;
  return {
    key,
    at: Math.floor(random() * TRAFFIC_MS),
    door,
    place: below(random, PLACES),
    text: textOf(random, key, parts),
    twinOf: undefined,
    parts,
    queue: door === "messages" && random() < 0.2,
    ttlS: undefined,
    isPatient: random() < 0.6,
    cancelAfter: undefined,
    asks: asksOf(random),
  };
}

/** Mostly one gateway; now and then the other with the same key, at once or much later, and the first once more. */
function asksOf(random: () => number): Ask[] {
  const first: GatewayName = random() < 0.5 ? "A" : "B";
  const other: GatewayName = first === "A" ? "B" : "A";
  const asks: Ask[] = [{ by: first, after: 0 }];
  if (random() < 0.25) asks.push({ by: other, after: 0 });
  if (random() < 0.25) asks.push({ by: other, after: Math.floor(random() * ASK_AGAIN_MS) });
  if (random() < 0.15) asks.push({ by: first, after: Math.floor(random() * ASK_AGAIN_MS) });
  return asks;
}

/** The same words to the same chat, and meant as another message: only its key tells it apart. */
const twinOf =
  (random: () => number) =>
  (wish: Wish): Wish => ({
    ...wish,
    key: `${wish.key}twin`,
    twinOf: wish.key,
    at: wish.at + Math.floor(random() * 400),
    asks: asksOf(random),
  });

/** While the Mac is away: several to two chats, one of them cancelled now and then. */
const queuedDuring =
  (random: () => number, seed: number) =>
  (strike: Strike, number: number): Wish[] => {
    if (strike.what !== "agent") return [];
    const places = [below(random, PLACES), below(random, PLACES)];
    return Array.from({ length: 2 + below(random, 3) }, (_, at) => {
      const key = `s${seed}q${number}n${at}`;
      return {
        key,
        // Mostly one after the other, which is what makes an order.
        at: strike.at + 40 + Math.floor(random() * strike.downMs),
        door: "messages",
        place: places[at % places.length] ?? 0,
        text: textOf(random, key, 1),
        twinOf: undefined,
        parts: 1,
        queue: true,
        // Mostly not: then it is not sent, if the Mac takes its time.
        ttlS: random() < 0.2 ? 1 : undefined,
        isPatient: true,
        cancelAfter: random() < 0.2 ? Math.floor(random() * 300) : undefined,
        asks: asksOf(random),
      };
    });
  };

/** Words without a meaning in Markdown. Every paragraph begins with the key, so that it is known again. */
function textOf(random: () => number, key: string, parts: number): string {
  if (parts === 1) return `${key} ${words(random, 3)}`;
  return Array.from({ length: parts }, (_, at) =>
    `${partMark(key, at)} ${words(random, 30)}`.slice(0, PARAGRAPH_CHARS).trimEnd(),
  ).join("\n\n");
}

/** Begins the paragraph of that number, from 0, of a text of several. */
export const partMark = (key: string, part: number): string => `${key}p${part}.`;

const words = (random: () => number, count: number): string =>
  Array.from({ length: count }, () => WORDS[below(random, WORDS.length)]).join(" ");
