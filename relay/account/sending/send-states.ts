// What becomes of a message after it was handed over: asked of imsg now and then, until it was delivered or failed,
// and not for ever (EVT14). By alarm, so that nothing holds the object up in between.
import * as z from "zod";
import type { Answer } from "../../../shared/jsonrpc.ts";
import { READ_DEADLINE_MS, STATE_LOOKS_AT_ONCE, STATE_LOOKS_MS } from "../../../shared/limits.ts";
import type { AgentCalls } from "../link/agent-calls.ts";
import type { AgentLink } from "../link/agent-link.ts";
import type { Appended, EventLog } from "../log/event-log.ts";
import type { AccountPorts } from "../ports.ts";
import type { Schedule } from "../schedule.ts";
import type { Operation, SendState } from "../store/operation.ts";
import type { OperationStore } from "../store/operations.ts";
import type { StateStore } from "../store/state.ts";

const METHOD = "message.send_status";
/** Between two turns of many: others have theirs. */
const NEXT_TURN_MS = 1_000;

const statusSchema = z.looseObject({
  send_state: z.enum(["pending", "sent", "delivered", "failed"]),
  service: z.string().optional().catch(undefined),
  delivered_at: z.string().optional().catch(undefined),
});
type Status = z.infer<typeof statusSchema>;

export class SendStates {
  readonly #ports: Pick<AccountPorts, "clock">;
  readonly #state: StateStore;
  readonly #store: OperationStore;
  readonly #log: EventLog;
  readonly #schedule: Schedule;
  readonly #link: Pick<AgentLink, "live">;
  readonly #calls: AgentCalls;
  readonly #onAppended: (events: readonly Appended[]) => void;
  /** Operations whose messages are being asked about. */
  readonly #looking = new Set<string>();

  constructor(
    ports: Pick<AccountPorts, "clock">,
    state: StateStore,
    store: OperationStore,
    log: EventLog,
    schedule: Schedule,
    link: Pick<AgentLink, "live">,
    calls: AgentCalls,
    onAppended: (events: readonly Appended[]) => void,
  ) {
    this.#ports = ports;
    this.#state = state;
    this.#store = store;
    this.#log = log;
    this.#schedule = schedule;
    this.#link = link;
    this.#calls = calls;
    this.#onAppended = onAppended;
  }

  /** In the transaction that settles a send: when its messages are asked about first; null = never. */
  follow(guids: readonly (string | null)[]): number | null {
    const isKnown = guids.some((guid) => guid !== null);
    const [wait] = STATE_LOOKS_MS;
    if (!isKnown || wait === undefined || this.#state.current.engine?.methods?.includes(METHOD) !== true)
      return null;
    const at = this.#ports.clock.now() + wait;
    this.#schedule.arm("states", at);
    return at;
  }

  /** The alarm's turn, and when the Mac is back. While it is away nothing is asked, and nothing is waited for. */
  run(): void {
    const now = this.#ports.clock.now();
    if (this.#link.live() === undefined) return;
    const due = this.#store
      .toLookAt(now, STATE_LOOKS_AT_ONCE + this.#looking.size + 1)
      .filter(({ id }) => !this.#looking.has(id));
    for (const operation of due.slice(0, STATE_LOOKS_AT_ONCE)) this.#look(operation);
    const next = due.length > STATE_LOOKS_AT_ONCE ? now + NEXT_TURN_MS : this.#store.nextLookAfter(now);
    if (next !== null) this.#schedule.arm("states", next);
  }

  #look(operation: Operation): void {
    this.#looking.add(operation.id);
    const asked = operation.guids.flatMap((guid, at) =>
      guid === null || isFinal(operation.states[at] ?? null) ? [] : [{ guid, at }],
    );
    const heard = new Map<number, Status>();
    let open = asked.length;
    // Whatever comes of it, it was a look: written once, with what was learnt.
    const heardOne = (): void => {
      open -= 1;
      if (open <= 0) this.#learn(operation.id, heard);
    };
    for (const { guid, at } of asked) {
      const read = { method: METHOD, params: { guid }, deadlineMs: READ_DEADLINE_MS };
      const take = (answer: Answer): void => {
        const status = "result" in answer ? statusSchema.safeParse(answer.result) : undefined;
        if (status?.success === true) heard.set(at, status.data);
        heardOne();
      };
      if (this.#calls.hasRoom()) this.#calls.read(read, take);
      else heardOne();
    }
    if (asked.length === 0) heardOne();
  }

  #learn(id: string, heard: ReadonlyMap<number, Status>): void {
    this.#looking.delete(id);
    const operation = this.#store.byId(id);
    if (operation === undefined) return;
    const now = this.#ports.clock.now();
    const states = operation.guids.map((_, at) => stateOf(heard.get(at)) ?? operation.states[at] ?? null);
    const isDone = operation.guids.every((guid, at) => guid === null || isOver(states[at], heard.get(at)));
    const changed = states.flatMap((state, at) => (state === (operation.states[at] ?? null) ? [] : [at]));
    const looks = operation.looks + 1;
    const wait = isDone ? undefined : STATE_LOOKS_MS[looks];
    const look_at = wait === undefined ? null : now + wait;
    const appended = this.#state.transact(() => {
      if (look_at !== null) this.#schedule.arm("states", look_at);
      this.#store.update(operation.id, { states, looks, look_at });
      return changed.flatMap((at) => this.#event(operation, at, states[at] ?? null, heard.get(at), now));
    });
    this.#onAppended(appended);
  }

  #event(
    { id, guids }: Operation,
    at: number,
    state: SendState,
    heard: Status | undefined,
    now: number,
  ): Appended[] {
    const guid = guids[at];
    if (state === null || typeof guid !== "string") return [];
    const when = Date.parse(heard?.delivered_at ?? "");
    return [
      this.#log.append(
        "message.status",
        {
          guid,
          status: state,
          operation: id,
          ...(heard?.service === undefined ? {} : { service: heard.service }),
          ...(Number.isNaN(when) ? {} : { at: when }),
        },
        now,
      ),
    ];
  }
}

const isFinal = (state: SendState): boolean => state === "delivered" || state === "failed";

/** An SMS is never more than sent. */
const isOver = (state: SendState | undefined, heard: Status | undefined): boolean =>
  isFinal(state ?? null) || (state === "sent" && heard?.service?.toLowerCase() === "sms");

const stateOf = (heard: Status | undefined): SendState | undefined =>
  heard === undefined || heard.send_state === "pending" ? undefined : heard.send_state;
