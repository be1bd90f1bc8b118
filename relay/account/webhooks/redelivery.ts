// What the owner of an endpoint asks for: what waits, one event once more, everything from a place on.
import { eventId, parseEventId } from "../../../shared/events.ts";
import type { Refused } from "../../../shared/errors.ts";
import { err, ok, type Result } from "../../../shared/result.ts";
import { FAILED_ATTEMPT_MS, MAX_SET_ASIDE } from "../../../shared/webhooks/limits.ts";
import type { AccountPorts } from "../ports.ts";
import type { EventStore } from "../store/events.ts";
import type { StateStore } from "../store/state.ts";
import type { Lane } from "./lane.ts";
import type { Lanes } from "./lanes.ts";
import type { Settling } from "./settling.ts";
import type { WebhookStore } from "./webhook-store.ts";

interface RedeliveryParts {
  readonly ports: Pick<AccountPorts, "clock">;
  readonly state: StateStore;
  readonly events: Pick<EventStore, "at" | "firstSince">;
  /** The lowest number that the log has. */
  readonly first: () => number;
  readonly store: WebhookStore;
  readonly lanes: Lanes;
  readonly settling: Settling;
  readonly run: () => void;
}

/** An event id, the beginning of the log, or a time in ms. */
export type ReplayFrom = { readonly after: string } | { readonly since: number };

export class Redelivery {
  readonly #parts: RedeliveryParts;

  constructor(parts: RedeliveryParts) {
    this.#parts = parts;
  }

  /** Those that failed, newest first. */
  attempts(endpoint: string, limit: number) {
    const since = this.#parts.ports.clock.now() - FAILED_ATTEMPT_MS;
    return this.#with(endpoint, () =>
      ok(
        this.#parts.store
          .attempts(endpoint, since, limit)
          .map(({ seq, attempt, at, took_ms, verdict, why, status, response }) => {
            return { event: this.#idOf(seq), seq, attempt, at, took_ms, verdict, why, status, response };
          }),
      ),
    );
  }

  waiting(endpoint: string) {
    return this.#with(endpoint, ({ parked, aside }) =>
      ok({
        parked: [...parked.values()].map(({ chat, from_seq, attempts, next_at, since }) => {
          return { chat: chat === "" ? null : chat, event: this.#idOf(from_seq), attempts, next_at, since };
        }),
        set_aside: [...aside.values()].map(({ seq, attempts, next_at }) => {
          return { event: this.#idOf(seq), attempts, next_at };
        }),
      }),
    );
  }

  /** As one that was set aside: its chat does not wait for it. */
  resend(endpoint: string, event: string): Result<{ event: string; next_at: number }, Refused> {
    const { ports, state, settling, run } = this.#parts;
    return this.#with(endpoint, (lane) => {
      const seq = this.#seqOf(event);
      if (seq === undefined || seq < this.#parts.first()) return err({ code: "not_found" });
      if (!lane.concerns(seq)) return err({ code: "not_found", detail: "it is none for this endpoint" });
      const parked = lane.parked.get(this.#parts.events.at(seq)?.chat ?? "");
      const isHeld = parked !== undefined && parked.from_seq <= seq;
      if (seq > lane.cursor || isHeld)
        return err({ code: "conflict", detail: "it is still to be delivered" });
      if (lane.aside.size >= MAX_SET_ASIDE)
        return err({ code: "conflict", detail: `at most ${MAX_SET_ASIDE} events are set aside` });
      const now = ports.clock.now();
      state.transact(() => settling.setAside(lane, { endpoint, seq, attempts: 0, next_at: now }));
      run();
      return ok({ event, next_at: now });
    });
  }

  /** Back to that place; what was parked or set aside after it comes again from there. Never forward: nothing is lost. */
  replay(endpoint: string, from: ReplayFrom): Result<{ after: string; events: number }, Refused> {
    const { state, store, lanes, run } = this.#parts;
    return this.#with(endpoint, (lane) => {
      const place = this.#placeOf(from);
      if (place === undefined)
        return err({ code: "not_found", detail: "after: an event of this account's log, or beginning" });
      const { cursor, health } = lane;
      const to = Math.min(place, cursor);
      state.transact(() => {
        store.keep(endpoint, to, health);
        store.dropAfter(endpoint, to);
        lanes.reread(endpoint);
      });
      run();
      return ok({ after: this.#idOf(to), events: state.current.last_seq - to });
    });
  }

  #with<T>(endpoint: string, run: (lane: Lane) => Result<T, Refused>): Result<T, Refused> {
    const lane = this.#parts.lanes.find(endpoint);
    return lane === undefined ? err({ code: "not_found" }) : run(lane);
  }

  #placeOf(from: ReplayFrom): number | undefined {
    const { events, first, state } = this.#parts;
    if ("since" in from) return (events.firstSince(from.since) ?? state.current.last_seq + 1) - 1;
    return from.after === "beginning" ? first() - 1 : this.#seqOf(from.after);
  }

  /** Undefined = of no event, or of another log's. */
  #seqOf(event: string): number | undefined {
    const { log, last_seq } = this.#parts.state.current;
    const id = parseEventId(event);
    return id?.log === log && id.seq <= last_seq ? id.seq : undefined;
  }

  #idOf(seq: number): string {
    return eventId(this.#parts.state.current.log, seq);
  }
}
