// A reader against a relay whose sockets break, whose memory of consumers goes back, and whose log grows meanwhile.
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { settle } from "../support/virtual-clock.ts";
import { events, Loop, VirtualEvents, type ReaderAttempt } from "../support/virtual-events.ts";

type Step =
  | { readonly do: "log"; readonly count: number }
  | { readonly do: "show"; readonly count: number }
  | { readonly do: "ask"; readonly times: number }
  | { readonly do: "lose" }
  /** The relay crashes: what it knew of the consumer's place is older. */
  | { readonly do: "crash"; readonly back: number }
  | { readonly do: "pass"; readonly ms: number }
  /** The program ends in order and starts again. */
  | { readonly do: "restart" };

const steps = fc.array(
  fc.oneof<fc.Arbitrary<Step>[]>(
    fc.record({ do: fc.constant("log" as const), count: fc.integer({ min: 1, max: 90 }) }),
    fc.record({ do: fc.constant("show" as const), count: fc.integer({ min: 1, max: 64 }) }),
    fc.record({ do: fc.constant("ask" as const), times: fc.integer({ min: 1, max: 50 }) }),
    fc.record({ do: fc.constant("lose" as const) }),
    fc.record({ do: fc.constant("crash" as const), back: fc.nat({ max: 40 }) }),
    fc.record({ do: fc.constant("pass" as const), ms: fc.nat({ max: 5_000 }) }),
    fc.record({ do: fc.constant("restart" as const) }),
  ),
  { maxLength: 60 },
);

const WINDOW = 256;
const seqOf = (id: string): number => Number(id.split(".")[1]);

class Model {
  readonly consumer: string | undefined;
  last = 0;
  kept = 0;
  /** Everything the program was given, over all its lives. */
  readonly seen: string[] = [];
  virtual: VirtualEvents;
  loop: Loop;
  readonly sockets = new Map<ReaderAttempt, { sent: number; acked: number; acks: number }>();

  constructor(consumer: string | undefined) {
    this.consumer = consumer;
    this.virtual = this.#start("log1.0");
    this.loop = new Loop(this.virtual.reader);
  }

  #start(after: string | undefined): VirtualEvents {
    return new VirtualEvents({
      ...(after === undefined ? {} : { after }),
      ...(this.consumer === undefined ? {} : { consumer: this.consumer }),
    });
  }

  /** Of the present life: how often the loop asked, and what was seen before it. */
  #asked = 0;
  #before = 0;

  /** The loop asked and was given nothing yet: nothing is in hand. */
  get isWaiting(): boolean {
    return this.#asked > this.loop.seen.length;
  }

  async ask(): Promise<void> {
    if (this.#asked > this.loop.seen.length) return;
    this.#asked += 1;
    await this.loop.ask();
    this.look();
  }

  /** Opens what was dialled, and takes note of what came and of every ack. */
  look(): void {
    this.seen.push(...this.loop.ids.slice(this.seen.length - this.#before));
    const attempt = this.virtual.attempts.at(-1);
    if (attempt === undefined) return;
    const at = this.sockets.get(attempt);
    if (at === undefined) {
      const { after } = attempt.query;
      const place = after === undefined ? this.kept : seqOf(after);
      this.sockets.set(attempt, { sent: place, acked: place, acks: 0 });
      attempt.open(`log1.${place}`, this.consumer ?? null);
      return;
    }
    for (; at.acks < attempt.acks.length; at.acks += 1) {
      const acked = seqOf(attempt.acks[at.acks] ?? "");
      if (acked > at.sent || acked <= at.acked)
        throw new Error(`${acked} was acknowledged, ${at.sent} was sent`);
      const inHand = this.isWaiting ? 0 : 1;
      if (acked > this.seen.length - inHand) throw new Error(`${acked} was acknowledged and not taken`);
      at.acked = acked;
      this.kept = Math.max(this.kept, acked);
    }
  }

  show(count: number): void {
    this.look();
    const attempt = this.virtual.attempts.at(-1);
    const at = attempt === undefined ? undefined : this.sockets.get(attempt);
    if (attempt === undefined || at === undefined || attempt.closedBy !== undefined) return;
    const upTo = Math.min(this.last, at.sent + count, at.acked + WINDOW);
    if (upTo <= at.sent) return;
    const frame = events(at.sent + 1, upTo);
    at.sent = upTo;
    attempt.show(frame);
  }

  async lose(): Promise<void> {
    this.look();
    if (this.virtual.attempts.length > 0) await this.virtual.lose();
    this.look();
  }

  async restart(): Promise<void> {
    this.virtual.reader.close();
    // Coming back for the next one takes what was in hand.
    this.#asked = this.loop.seen.length + 1;
    await this.loop.ask();
    this.look();
    const { lastId } = this.virtual.reader;
    if (this.loop.ended !== "done") throw new Error("it did not end");
    this.#before = this.seen.length;
    this.#asked = 0;
    this.virtual = this.#start(this.consumer === undefined ? (lastId ?? "log1.0") : undefined);
    this.loop = new Loop(this.virtual.reader);
  }

  async run(step: Step): Promise<void> {
    if (step.do === "log") this.last += step.count;
    if (step.do === "show") this.show(step.count);
    if (step.do === "ask") for (let time = 0; time < step.times; time += 1) await this.ask();
    if (step.do === "lose") await this.lose();
    if (step.do === "crash") {
      this.kept = Math.max(0, this.kept - step.back);
      await this.lose();
    }
    if (step.do === "pass") await this.virtual.clock.pass(step.ms);
    if (step.do === "restart") await this.restart();
    await settle();
    this.look();
  }

  /** Everything logged is shown and taken. */
  async drain(): Promise<void> {
    for (let round = 0; round < 1_000 && this.seen.length < this.last; round += 1) {
      await this.ask();
      this.show(64);
      await settle();
      this.look();
    }
  }
}

describe("whatever happens in whatever order", () => {
  test("EVT2, EVT7: a reader with its own place is given everything once, in order, and acknowledges what it took", async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (list) => {
        const model = new Model(undefined);
        for (const step of list) await model.run(step);
        await model.drain();
        expect(model.seen).toEqual(events(1, model.last).map(({ id }) => id));
      }),
      { numRuns: 150 },
    );
  });

  test("EVT8 a named consumer misses nothing, and one life of it is given nothing twice", async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (list) => {
        const model = new Model("bot");
        for (const step of list.filter((one) => one.do !== "restart")) await model.run(step);
        await model.drain();
        expect(model.seen).toEqual(events(1, model.last).map(({ id }) => id));
      }),
      { numRuns: 150 },
    );
  });
});
