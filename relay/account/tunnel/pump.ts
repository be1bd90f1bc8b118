// Carries the log to the subscriptions, each at its own pace: what fits its window now, the rest when it says so.
// A slow reader costs one page of memory, and never holds up another.
import * as z from "zod";
import { ERRORS } from "../../../shared/errors.ts";
import { eventId } from "../../../shared/events.ts";
import { pageSchema } from "../../../shared/imsg.ts";
import { LOG_PAGE_ROWS, MAX_LOOKED_AT, PROBE_DEADLINE_MS, READ_DEADLINE_MS } from "../../../shared/limits.ts";
import { inboundSchema } from "../../../shared/policy/inbound.ts";
import { project } from "../../../shared/projection.ts";
import type { Answer } from "../../../shared/jsonrpc.ts";
import { listAttachments } from "../attachments/listing.ts";
import type { Sealing } from "../attachments/reference.ts";
import type { AgentCalls } from "../link/agent-calls.ts";
import type { Subscription } from "../sockets/attachment.ts";
import type { ChatIds } from "../chats/chat-ids.ts";
import type { Appended } from "../log/event-log.ts";
import type { GatewaySession } from "./gateway-session.ts";
import type { LogPages } from "../log/log-pages.ts";
import type { AccountPorts } from "../ports.ts";
import type { Retention } from "../log/retention.ts";
import type { Schedule } from "../schedule.ts";
import type { StateStore } from "../store/state.ts";

/** Tries for one page of older rows, while the Mac is connected. */
const PRELUDE_ATTEMPTS = 3;

const objectSchema = z.looseObject({});

export class Pump {
  readonly #ports: AccountPorts;
  readonly #state: StateStore;
  readonly #pages: LogPages;
  readonly #retention: Pick<Retention, "first">;
  readonly #calls: AgentCalls;
  readonly #chatIds: ChatIds;
  readonly #schedule: Schedule;
  readonly #sealing: Sealing;
  /** Runs a gateway in a turn of its own, and ends it where that fails. */
  readonly #goOn: (session: GatewaySession) => void;
  /** Gateways that go on in another turn. */
  readonly #later = new Set<string>();
  /** Subscriptions whose page of older rows is being asked for. */
  readonly #fetching = new Set<string>();
  readonly #attempts = new Map<string, number>();

  constructor(
    ports: AccountPorts,
    state: StateStore,
    pages: LogPages,
    retention: Pick<Retention, "first">,
    calls: AgentCalls,
    chatIds: ChatIds,
    schedule: Schedule,
    sealing: Sealing,
    goOn: (session: GatewaySession) => void,
  ) {
    this.#ports = ports;
    this.#state = state;
    this.#pages = pages;
    this.#retention = retention;
    this.#calls = calls;
    this.#chatIds = chatIds;
    this.#schedule = schedule;
    this.#sealing = sealing;
    this.#goOn = goOn;
  }

  /** Sends a gateway what its windows allow. */
  run(session: GatewaySession): void {
    for (const { n } of session.subscriptions) this.#runOne(session, n);
  }

  #probe(session: GatewaySession): void {
    const now = this.#ports.clock.now();
    if (session.probeIfFull(now)) this.#schedule.arm("probe", now + PROBE_DEADLINE_MS);
  }

  /** Others have their turn first. */
  #runLater(session: GatewaySession): void {
    if (this.#later.has(session.id)) return;
    this.#later.add(session.id);
    this.#ports.clock.after(0, () => {
      this.#later.delete(session.id);
      this.#goOn(session);
    });
  }

  #runOne(session: GatewaySession, n: number): void {
    for (let lookedAt = 0; ;) {
      if (lookedAt >= MAX_LOOKED_AT) return this.#runLater(session);
      // To write on an ended socket's attachment would make it somebody's again.
      if (session.isOver) return;
      const subscription = session.subscriptions.find((candidate) => candidate.n === n);
      if (subscription === undefined || !session.hasRoom()) return;
      if (subscription.prelude !== null) return this.#fetchOlder(session, subscription);
      let { sent } = subscription;
      const first = this.#retention.first();
      if (sent + 1 < first) {
        this.#gap(session, n, sent, first - 1, { count: first - 1 - sent, why: "retention" });
        sent = first - 1;
      }
      const page = this.#pages.after(sent);
      let withheld = 0;
      const from = sent;
      lookedAt += page.length;
      for (const event of page) {
        if (!session.hasRoom()) break;
        // Rows without a chat are shown to nobody (RPC11).
        if (event.decision?.withheld === true) withheld += event.record.chat === null ? 0 : 1;
        else this.#show(session, subscription, event);
        sent = event.record.seq;
        if (session.isProbeDue()) break;
      }
      if (withheld > 0) this.#gap(session, n, from, sent, { count: withheld, why: "not_kept" });
      if (sent === subscription.sent) return;
      session.advance(n, { sent });
      this.#probe(session);
    }
  }

  #show(session: GatewaySession, { n, filter }: Subscription, { record, projected }: Appended): void {
    const message = projected === null ? undefined : project(projected, filter);
    if (message === undefined || projected === null) return;
    this.#chatIds.shown(projected.facts.chat_id, projected.chat ?? "", projected.database, session.key);
    const { log } = this.#state.current;
    const { attachments } = message;
    const files = Array.isArray(attachments) && attachments.length > 0 && session.v1 ? attachments : [];
    const listed = listAttachments(this.#sealing, projected.facts.guid, files);
    const relay = {
      id: eventId(log, record.seq),
      logged_at: record.logged_at,
      delayed: record.delayed,
      ...(listed.length === 0 ? {} : { attachments: listed.map(({ attachment }) => attachment) }),
    };
    session.notify(n, { subscription: n, message, ...(session.v1 ? { relay } : {}) }, record.seq);
  }

  /** EVT4 for the tunnel: what is lost to a reader is said to one that can understand it. */
  #gap(
    session: GatewaySession,
    subscription: number,
    from: number,
    to: number,
    what: { count: number; why: "retention" | "not_kept" },
  ): void {
    const { log } = this.#state.current;
    const ids = { from: eventId(log, from), to: eventId(log, to) };
    if (session.v1) session.tell("relay.gap", { subscription, ...ids, ...what });
  }

  /** RPC10: rows older than the log come from the Mac, a page at a time, before everything else. */
  #fetchOlder(session: GatewaySession, { n, filter, prelude }: Subscription): void {
    const key = `${session.id} ${n}`;
    const { database, engine, online } = this.#state.current;
    if (prelude === null || this.#fetching.has(key)) return;
    if (prelude.database !== database || engine?.pages !== true) return this.#endPrelude(session, n);
    // Without the Mac there are no older rows now; the log waits for them, since order wins.
    if (!online || !this.#calls.hasRoom()) return;
    this.#fetching.add(key);
    const limit = Math.min(LOG_PAGE_ROWS, session.untilProbe);
    const params = { since_rowid: prelude.after, limit, attachments: true, include_reactions: true };
    const chat = filter.chat === null ? {} : { chat_id: filter.chat.id };
    const older = { method: "messages.after", params: { ...params, ...chat }, deadlineMs: READ_DEADLINE_MS };
    let cancel: (() => void) | undefined;
    const done = (answer: Answer): void => {
      this.#fetching.delete(key);
      if (cancel !== undefined) session.reads.delete(cancel);
      this.#showOlder(session, n, answer);
    };
    const stop = this.#calls.read(older, done);
    if (!this.#fetching.has(key)) return;
    cancel = () => {
      this.#fetching.delete(key);
      this.#attempts.delete(key);
      stop();
    };
    session.reads.add(cancel);
  }

  #showOlder(session: GatewaySession, n: number, answer: Answer): void {
    if (session.isOver) return;
    const subscription = session.subscriptions.find((candidate) => candidate.n === n);
    if (subscription === undefined || subscription.prelude === null) return;
    const { prelude, filter } = subscription;
    const page = "result" in answer ? pageSchema.safeParse(answer.result).data : undefined;
    if (page === undefined) return this.#retryOlder(session, n, answer);
    const { below, database } = prelude;
    let { after } = prelude;
    for (const value of page.messages) {
      if (session.isProbeDue()) break;
      const facts = inboundSchema.safeParse(value);
      const message = objectSchema.safeParse(value).data;
      if (!facts.success || message === undefined || (below !== null && facts.data.id >= below)) continue;
      const chat = facts.data.chat_guid === "" ? null : facts.data.chat_guid;
      const shown = project({ database, chat, message, facts: facts.data }, { ...filter, chat: null });
      if (shown !== undefined) session.notify(n, { subscription: n, message: shown }, null);
      after = Math.max(after, facts.data.id);
    }
    const isWhole = !session.isProbeDue();
    if (isWhole) after = Math.max(after, page.next_rowid);
    const isStuck = isWhole && after === prelude.after;
    if ((isWhole && !page.has_more) || isStuck || (below !== null && after + 1 >= below))
      return this.#endPrelude(session, n);
    session.advance(n, { prelude: { ...prelude, after } });
    this.#probe(session);
    return this.run(session);
  }

  /** The Mac left in the middle: it is asked again when it is back. Messages that cannot be read are not waited for. */
  #retryOlder(session: GatewaySession, n: number, answer: Answer): void {
    if (!this.#state.current.online) return;
    // The link that was asked is gone, and another is up: that was no answer of Messages'.
    if ("error" in answer && answer.error.code === ERRORS.agent_offline.rpc) return this.run(session);
    const key = `${session.id} ${n}`;
    const attempts = (this.#attempts.get(key) ?? 0) + 1;
    this.#attempts.set(key, attempts);
    if (attempts < PRELUDE_ATTEMPTS) return this.run(session);
    this.#ports.warn("older rows could not be read", { attempts });
    return this.#endPrelude(session, n);
  }

  #endPrelude(session: GatewaySession, n: number): void {
    this.#attempts.delete(`${session.id} ${n}`);
    session.advance(n, { prelude: null });
    this.run(session);
  }
}
