import * as z from "zod";
import type { Clock } from "../../shared/clock.ts";
import { encodeNotification, RPC, rpcError, type Answer } from "../../shared/jsonrpc.ts";
import { readSubscribe } from "../../shared/subscription.ts";
import type { LinkState } from "../client/link.ts";
import type { Subscription, Watched, WatchHandlers } from "../client/watch.ts";
import { SUBSCRIBE_PATIENCE_MS } from "../limits.ts";
import type { Settings } from "../profile/settings.ts";
import type { Diary } from "./diary.ts";
import { dress } from "./dress.ts";
import type { HeldRow, HeldRows } from "./held-rows.ts";
import { InboundFiles, type FetchFile, type LocalFiles } from "./inbound-files.ts";
import { rewordError } from "./wording.ts";

interface WatchDeskParts {
  readonly clock: Clock;
  readonly tunnel: {
    readonly state: LinkState;
    subscribe(params: Record<string, unknown>, handlers: WatchHandlers): Subscription;
  };
  readonly diary: Diary;
  readonly settings: Settings;
  readonly held: HeldRows;
  /** Brings an attachment to this machine. */
  readonly fetch: FetchFile;
  /** A line for the gateway; `written` once it is out. */
  readonly write: (line: string, written: () => void) => void;
  /** A line for the human who reads the gateway's log. */
  readonly log: (line: string) => void;
}

interface Entry {
  readonly number: number;
  /** The one chat that is wanted; undefined = all. */
  readonly chatId: unknown;
  subscription: Subscription | undefined;
  /** Messages that came before the answer did: they must follow it. Undefined once it is given. */
  held: { readonly watched: Watched; readonly taken: () => void }[] | undefined;
  /** Answers `watch.subscribe` if that has not happened. */
  readonly answer: (answer: Answer) => void;
  stopTimer: () => void;
}

/** Positions in the log are not the gateway's business. */
const wishSchema = z.looseObject({ relay_after: z.unknown().optional() });
const numberSchema = z.looseObject({ subscription: z.int() });

function describeGap(count: number | null, why: string): string {
  const what = count === null ? "messages" : count === 1 ? "1 message" : `${count} messages`;
  return why === "retention"
    ? `${what} came while this gateway was away for too long, and the relay keeps them no more`
    : `${what} came while no gateway's key existed; the relay did not keep their text`;
}

/**
 * The gateway's subscriptions, under numbers of this process. `watch.subscribe` is answered by the relay if it is
 * there, and by ourselves if it is not: a gateway that gets no answer ends its channel, and after ten restarts it
 * gives up for good.
 */
export class WatchDesk {
  readonly #parts: WatchDeskParts;
  readonly #entries = new Map<number, Entry>();
  readonly #files: InboundFiles;
  #next = 1;

  constructor(parts: WatchDeskParts) {
    this.#parts = parts;
    const { clock, held, fetch, log } = parts;
    this.#files = new InboundFiles({
      clock,
      held,
      fetch,
      log,
      deliver: (row, files, written) => this.#deliver(row, files, written),
    });
  }

  get size(): number {
    return this.#entries.size;
  }

  /** `respond` runs once, and every notification of this subscription comes after it. */
  subscribe(params: unknown, respond: (answer: Answer) => void): void {
    const read = readSubscribe(params);
    if (!read.ok) {
      respond(rpcError(RPC.invalid_params, "Invalid params", read.error));
      return;
    }
    const { relay_after: _, ...wish } = wishSchema.parse(params ?? {});
    const number = this.#next;
    this.#next += 1;
    const entry: Entry = {
      number,
      chatId: "chat_id" in wish ? wish["chat_id"] : undefined,
      subscription: undefined,
      held: [],
      answer: (answer) => this.#answer(entry, answer, respond),
      stopTimer: this.#parts.clock.after(SUBSCRIBE_PATIENCE_MS, () => this.#answerAlone(entry)),
    };
    this.#entries.set(number, entry);
    entry.subscription = this.#parts.tunnel.subscribe(wish, {
      onMessage: (watched, taken) => this.#message(entry, watched, taken),
      onGap: ({ count, why }) => this.#parts.log(describeGap(count, why)),
      onTrouble: (error) =>
        this.#parts.log(`the relay does not take the subscription up: ${rewordError(error).message}`),
    });
    void entry.subscription.established.then((answer) => this.#established(entry, answer));
    this.linkChanged(this.#parts.tunnel.state);
  }

  unsubscribe(params: unknown): Answer {
    const named = numberSchema.safeParse(params);
    if (!named.success) return rpcError(RPC.invalid_params, "Invalid params", "subscription is required");
    const entry = this.#entries.get(named.data.subscription);
    if (entry !== undefined) this.#drop(entry);
    return { result: { ok: true } };
  }

  /** The relay is away: whoever waits for its answer gets ours. */
  linkChanged(state: LinkState): void {
    if (state.kind !== "waiting" && state.kind !== "refused") return;
    for (const entry of this.#entries.values()) this.#answerAlone(entry);
  }

  /** Nobody will ask any more: what waits for the relay is answered now, so that the end does not. */
  answerAll(): void {
    for (const entry of this.#entries.values()) this.#answerAlone(entry);
  }

  close(): void {
    this.#files.close();
    for (const entry of this.#entries.values()) this.#drop(entry);
  }

  #answerAlone(entry: Entry): void {
    if (entry.held === undefined) return;
    // "From the tail" means from now, but the relay will only hear of it when it is back. The last event that this
    // profile passed on is the nearest place before now that anybody here knows.
    const { position } = this.#parts.diary;
    if (position !== undefined) entry.subscription?.anchor(position);
    entry.answer({ result: { subscription: entry.number } });
  }

  #established(entry: Entry, answer: Answer): void {
    if (!this.#entries.has(entry.number)) return;
    if ("result" in answer) {
      entry.answer({ result: { subscription: entry.number } });
      return;
    }
    this.#entries.delete(entry.number);
    if (entry.held !== undefined) {
      entry.answer(answer);
      return;
    }
    const error = { subscription: entry.number, error: rewordError(answer.error) };
    this.#parts.write(encodeNotification("error", error), () => undefined);
  }

  #answer(entry: Entry, answer: Answer, respond: (answer: Answer) => void): void {
    const { held } = entry;
    if (held === undefined) return;
    entry.held = undefined;
    entry.stopTimer();
    respond(answer);
    if (!("result" in answer)) return;
    this.#files.replay();
    for (const { watched, taken } of held) this.#pass(entry, watched, taken);
  }

  #message(entry: Entry, watched: Watched, taken: () => void): void {
    if (entry.held === undefined) this.#pass(entry, watched, taken);
    else entry.held.push({ watched, taken });
  }

  #pass(entry: Entry, watched: Watched, taken: () => void): void {
    if (!this.#files.take(watched)) {
      this.#write(entry, watched, [], taken);
      return;
    }
    // On disk: later ones may pass it now (I9).
    if (watched.relay !== undefined) this.#parts.diary.passed(watched.relay.id);
    taken();
  }

  /** Under whichever subscription there is now; false = there is none that would want it. */
  #deliver(row: HeldRow, files: LocalFiles, written: () => void): boolean {
    const chat = row.message["chat_id"];
    const entry = [...this.#entries.values()].findLast(
      ({ held, chatId }) => held === undefined && (chatId === undefined || chatId === chat),
    );
    if (entry !== undefined) this.#write(entry, row, files, written);
    return entry !== undefined;
  }

  #write(entry: Entry, { message, relay }: Watched, files: LocalFiles, taken: () => void): void {
    const { clock, settings, diary, write } = this.#parts;
    const dressed = dress(message, relay, clock.now(), settings, files);
    diary.countLate(dressed.lateness);
    // Only what imsg would say goes out: the relay's own field stays here.
    write(encodeNotification("message", { subscription: entry.number, message: dressed.message }), () => {
      if (relay !== undefined) diary.passed(relay.id);
      taken();
    });
  }

  #drop(entry: Entry): void {
    this.#entries.delete(entry.number);
    entry.stopTimer();
    entry.subscription?.close();
  }
}
