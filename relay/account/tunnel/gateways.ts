// The gateways' end of the tunnel: sessions, and what their requests lead to (RPC1 to RPC15).
import * as z from "zod";
import { CLOSE } from "../../../shared/close.ts";
import { parseEventId } from "../../../shared/events.ts";
import { isOver, parseJson } from "../../../shared/json.ts";
import {
  invalidRequest,
  unreadable,
  NOT_STARTED,
  readIncoming,
  refusal,
  RPC,
  rpcError,
  type Answer,
  type RpcId,
  type RpcRequest,
} from "../../../shared/jsonrpc.ts";
import {
  MAX_CALLS_PER_GATEWAY,
  MAX_GATEWAY_SOCKETS,
  MAX_REQUEST_BYTES,
  PROBE_DEADLINE_MS,
} from "../../../shared/limits.ts";
import type { Access } from "../access.ts";
import type { AgentLink } from "../link/agent-link.ts";
import { serverBusy } from "../link/agent-calls.ts";
import { readGatewayAttachment, type GatewayAttachment } from "../sockets/attachment.ts";
import { GatewaySession } from "./gateway-session.ts";
import type { AccountPorts, Socket, StoredGrant } from "../ports.ts";
import type { Pump } from "./pump.ts";
import type { Requests } from "./requests.ts";
import type { Schedule } from "../schedule.ts";
import type { Subscriptions } from "./subscriptions.ts";
import type { StateStore } from "../store/state.ts";

const ackSchema = z.looseObject({ subscription: z.int(), id: z.string() });

export class Gateways {
  readonly #ports: AccountPorts;
  readonly #state: StateStore;
  readonly #link: Pick<AgentLink, "live">;
  readonly #requests: Requests;
  readonly #subscriptions: Subscriptions;
  readonly #pump: Pump;
  readonly #schedule: Schedule;
  readonly #access: Pick<Access, "refuseRate">;
  readonly #sessions = new Map<string, GatewaySession>();

  constructor(
    ports: AccountPorts,
    state: StateStore,
    link: Pick<AgentLink, "live">,
    requests: Requests,
    subscriptions: Subscriptions,
    pump: Pump,
    schedule: Schedule,
    access: Pick<Access, "refuseRate">,
  ) {
    this.#ports = ports;
    this.#state = state;
    this.#link = link;
    this.#requests = requests;
    this.#subscriptions = subscriptions;
    this.#pump = pump;
    this.#schedule = schedule;
    this.#access = access;
    for (const socket of ports.sockets("gateway")) this.#restore(socket);
  }

  get count(): number {
    return this.#sessions.size;
  }

  get subscriptionCount(): number {
    let count = 0;
    for (const { subscriptions } of this.#sessions.values()) count += subscriptions.length;
    return count;
  }

  hasRoom(): boolean {
    return this.#sessions.size < MAX_GATEWAY_SOCKETS;
  }

  opened(socket: Socket, grant: StoredGrant, { v1, client }: Pick<GatewayAttachment, "v1" | "client">): void {
    if (client !== null) this.#replace(grant.key, client);
    const attachment: GatewayAttachment = {
      role: "gateway",
      id: this.#ports.random(),
      key: grant.key,
      client,
      expires_at: grant.expires_at,
      v1,
      opened_at: this.#ports.clock.now(),
      next_subscription: 1,
      subscriptions: [],
      probe: { k: 0, asked_at: null, sent: { items: 0, bytes: 0 } },
    };
    socket.attach(attachment);
    this.#sessions.set(attachment.id, new GatewaySession(socket, attachment));
  }

  /**
   * RPC16: the older socket of the same client is nobody's. What it asked may still be on its way, and would
   * otherwise be done after the client was told, over the newer one, that it was not.
   */
  #replace(key: string, client: string): void {
    for (const session of this.#sessions.values()) {
      if (session.key === key && session.client === client) {
        this.#end(session, CLOSE.heartbeat_lost, "a newer connection of the same client");
      }
    }
  }

  receive(socket: Socket, text: string | undefined): void {
    const session = this.#session(socket);
    if (session === undefined) return socket.close(CLOSE.protocol_violation, "unknown socket");
    if (session.isExpired(this.#ports.clock.now()))
      return this.#end(session, CLOSE.unauthenticated, "the key has expired");
    if (text === undefined) return this.#end(session, CLOSE.protocol_violation, "binary frame");
    if (isOver(text, MAX_REQUEST_BYTES)) {
      return session.answer(null, invalidRequest(`a request is at most ${MAX_REQUEST_BYTES} bytes`));
    }
    const json = parseJson(text);
    if (!json.ok) return session.answer(null, unreadable(json.error));
    const incoming = readIncoming(json.value);
    switch (incoming.kind) {
      case "request":
        return this.#request(session, incoming.request);
      case "notification":
        if (incoming.method === "relay.ack") this.#acknowledge(session, incoming.params);
        return undefined;
      case "answer":
        if (session.probeAnswered(incoming.id)) this.#pump.run(session);
        return undefined;
      case "invalid":
        return session.answer(incoming.id, invalidRequest(incoming.why));
      default:
        return undefined;
    }
  }

  closed(socket: Socket): void {
    const session = this.#session(socket);
    if (session === undefined) return;
    this.#sessions.delete(session.id);
    session.closed();
    for (const cancel of session.reads) cancel();
  }

  /** Everybody gets what fits. */
  runAll(): void {
    const now = this.#ports.clock.now();
    for (const session of this.#sessions.values()) {
      if (session.isExpired(now)) this.#end(session, CLOSE.unauthenticated, "the key has expired");
      else this.run(session);
    }
  }

  /** One that fails ends; the others go on. */
  run(session: GatewaySession): void {
    try {
      this.#pump.run(session);
    } catch (error) {
      this.#ports.warn("a tunnel failed", { why: error instanceof Error ? error.name : "unknown" });
      this.#end(session, CLOSE.not_stored, "the relay failed; try again");
    }
  }

  answerLate(gateway: string, rpcId: RpcId, answer: Answer): void {
    this.#sessions.get(gateway)?.answer(rpcId, answer);
  }

  /** A key's sockets close (ID4), or everybody's (null). */
  shutOut(key: string | null, code: number, why: string): void {
    for (const session of this.#sessions.values())
      if (key === null || session.key === key) this.#end(session, code, why);
  }

  /** RPC13: a client that never answered its probe is closed. */
  closeSilent(): void {
    const now = this.#ports.clock.now();
    for (const session of this.#sessions.values()) {
      const { probeAskedAt } = session;
      if (probeAskedAt === null) continue;
      if (now - probeAskedAt >= PROBE_DEADLINE_MS)
        this.#end(session, CLOSE.heartbeat_lost, "relay.probe was not answered");
      else this.#schedule.arm("probe", probeAskedAt + PROBE_DEADLINE_MS);
    }
  }

  #request(session: GatewaySession, request: RpcRequest & { id: RpcId }): void {
    const { id, method, params } = request;
    if (method === "watch.subscribe") return this.#subscribe(session, id, params);
    if (method === "watch.unsubscribe")
      return session.answer(id, this.#subscriptions.remove(session, params));
    if (method === "relay.ack") {
      return session.answer(
        id,
        this.#acknowledge(session, params)
          ? { result: { ok: true } }
          : invalidParams("subscription and id are required"),
      );
    }
    if (session.pendingCalls >= MAX_CALLS_PER_GATEWAY) return session.answer(id, serverBusy());
    const limited = this.#access.refuseRate(session.key);
    if (limited !== undefined) {
      const { code, ...more } = limited;
      return session.answer(id, refusal(code, { ...NOT_STARTED, ...more }));
    }
    session.pendingCalls += 1;
    let cancel: (() => void) | undefined;
    let isOpen = true;
    const reply = (answer: Answer): void => {
      isOpen = false;
      session.pendingCalls -= 1;
      if (cancel !== undefined) session.reads.delete(cancel);
      if (this.#sessions.get(session.id) === session) session.answer(id, answer);
    };
    cancel = this.#requests.handle(
      request,
      { key: session.key, socket: { gateway: session.id, rpcId: id } },
      reply,
    );
    if (isOpen && cancel !== undefined) session.reads.add(cancel);
    return undefined;
  }

  #subscribe(session: GatewaySession, id: RpcId, params: unknown): void {
    // LINK5: whoever comes to read notices a dead link.
    this.#link.live();
    const added = this.#subscriptions.add(session, params);
    session.answer(id, added);
    this.#pump.run(session);
  }

  #acknowledge(session: GatewaySession, params: unknown): boolean {
    const ack = ackSchema.safeParse(params);
    const id = ack.success ? parseEventId(ack.data.id) : undefined;
    if (!ack.success || id === undefined || id.log !== this.#state.current.log) return false;
    if (!session.acknowledge(ack.data.subscription, id.seq)) return false;
    this.#pump.run(session);
    return true;
  }

  #session(socket: Socket): GatewaySession | undefined {
    const attachment = readGatewayAttachment(socket.attachment);
    return attachment === undefined
      ? undefined
      : (this.#sessions.get(attachment.id) ?? this.#restore(socket));
  }

  #restore(socket: Socket): GatewaySession | undefined {
    const attachment = readGatewayAttachment(socket.attachment);
    if (attachment === undefined) return undefined;
    const session = new GatewaySession(socket, attachment);
    this.#sessions.set(session.id, session);
    return session;
  }

  #end(session: GatewaySession, code: number, reason: string): void {
    this.#sessions.delete(session.id);
    for (const cancel of session.reads) cancel();
    session.close(code, reason);
  }
}

const invalidParams = (why: string): Answer => rpcError(RPC.invalid_params, "Invalid params", why);
