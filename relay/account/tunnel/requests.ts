// One JSON-RPC request of a gateway, over the socket or by POST: routed by the method table (RPC1).
import * as z from "zod";
import {
  idempotencyKeySchema,
  NOT_STARTED,
  refusal,
  RPC,
  rpcError,
  type Answer,
  type RpcId,
  type RpcRequest,
} from "../../../shared/jsonrpc.ts";
import { MAX_IDEMPOTENCY_KEY_CHARS } from "../../../shared/limits.ts";
import { deadlineOf, methodOf, relayMethodOf, type RelayMethod } from "../../../shared/methods.ts";
import { assertNever } from "../../../shared/result.ts";
import type { Sealing } from "../attachments/reference.ts";
import { withStagedFile } from "../attachments/staged-file.ts";
import { serverBusy, type AgentCalls } from "../link/agent-calls.ts";
import type { AgentLink } from "../link/agent-link.ts";
import type { ChatList } from "../chats/chat-list.ts";
import { answerOf } from "../sending/operation-row.ts";
import type { Operations } from "../sending/operations.ts";
import type { SendGuard } from "../sending/send-guard.ts";
import type { StateStore } from "../store/state.ts";

type Reply = (answer: Answer) => void;

/** Who asks: the key (null = nobody's), and the socket to answer if the object slept meanwhile (null over HTTP). */
interface Asker {
  readonly key: string | null;
  readonly socket: { readonly gateway: string; readonly rpcId: RpcId } | null;
}

const outcomeSchema = z.looseObject({ idempotency_key: idempotencyKeySchema });
const DEFAULT_CHATS = 20;
const limitSchema = z.looseObject({ limit: z.int().min(1).default(DEFAULT_CHATS).catch(DEFAULT_CHATS) });

export class Requests {
  readonly #state: StateStore;
  readonly #link: AgentLink;
  readonly #calls: AgentCalls;
  readonly #operations: Operations;
  readonly #chats: ChatList;
  readonly #guard: SendGuard;
  readonly #sealing: Sealing;

  constructor(
    state: StateStore,
    link: AgentLink,
    calls: AgentCalls,
    operations: Operations,
    chats: ChatList,
    guard: SendGuard,
    sealing: Sealing,
  ) {
    this.#state = state;
    this.#link = link;
    this.#calls = calls;
    this.#operations = operations;
    this.#chats = chats;
    this.#guard = guard;
    this.#sealing = sealing;
  }

  /** `reply` runs exactly once; the returned function, where there is one, ends a read whose caller is gone. */
  handle(request: RpcRequest, asker: Asker, reply: Reply): (() => void) | undefined {
    const { method, params } = request;
    const own = relayMethodOf(method);
    if (own !== undefined) return done(reply, this.#own(own, params));
    const entry = methodOf(method);
    if (entry === undefined || entry.class === "refused") return done(reply, methodNotFound(method));
    if (method === "initialize") return done(reply, this.#initialize());
    if (method.startsWith("watch.")) {
      return done(reply, refusal("unsupported", { detail: "subscriptions need the WebSocket" }));
    }
    if (!isObject(params))
      return done(reply, rpcError(RPC.invalid_params, "Invalid params", "params must be an object"));
    const files = withStagedFile(this.#sealing, params);
    if (!files.ok) return done(reply, refusal("not_found", { detail: files.error, ...NOT_STARTED }));
    const deadlineMs = deadlineOf(entry);
    this.#count();
    switch (entry.class) {
      case "mutation": {
        const key =
          request.idempotency_key === undefined
            ? null
            : idempotencyKeySchema.safeParse(request.idempotency_key).data;
        if (key === undefined) return done(reply, badKey());
        // A request that was made before has its answer, whoever may write there now.
        const isKnown = key !== null && this.#operations.find(key) !== undefined;
        const claimant = { key: asker.key, consumer: null };
        const refused = isKnown ? undefined : this.#guard.refuse(method, params, claimant);
        if (refused !== undefined) return done(reply, refused);
        const from = { origin: "tunnel", key: asker.key, asked: asker.socket, idempotencyKey: key } as const;
        const mutation = { method, parts: [files.value], deadlineMs, queueMs: null, ...from };
        const begun = this.#operations.begin(mutation, (operation) => reply(answerOf(operation)));
        return begun.ok ? undefined : done(reply, begun.error);
      }
      case "read":
      case "control": {
        const stale =
          method === "chats.list" && this.#link.live() === undefined ? this.#staleChats(params) : undefined;
        if (stale !== undefined) return done(reply, stale);
        const claimant = { key: asker.key, consumer: null };
        const refused = entry.effect ? this.#guard.refuse(method, params, claimant) : undefined;
        if (refused !== undefined) return done(reply, refused);
        if (!this.#calls.hasRoom()) return done(reply, serverBusy());
        return this.#calls.read({ method, params, deadlineMs }, reply);
      }
      default:
        return assertNever(entry.class);
    }
  }

  #staleChats(params: unknown): Answer | undefined {
    return this.#chats.stale(limitSchema.parse(params ?? {}).limit);
  }

  /** Answered here from what the Mac said of its engine; never forwarded, since the process is shared. */
  #initialize(): Answer {
    const { engine, health } = this.#state.current;
    if (engine?.methods === null || engine?.methods === undefined) return methodNotFound("initialize");
    return {
      result: {
        version: engine.version,
        protocol_version: 1,
        methods: engine.methods.filter(
          (name) => methodOf(name) !== undefined && methodOf(name)?.class !== "refused",
        ),
        database: { ready: health?.state !== "down" },
        bridge: { ready: engine.bridge ?? false },
      },
    };
  }

  #own(method: RelayMethod, params: unknown): Answer {
    switch (method) {
      case "relay.outcome":
        return this.#outcome(params);
      case "relay.ack":
        // Of a socket, and answered there.
        return methodNotFound(method);
      default:
        return assertNever(method);
    }
  }

  #outcome(params: unknown): Answer {
    const parsed = outcomeSchema.safeParse(params);
    if (!parsed.success) return badKey();
    const operation = this.#operations.find(parsed.data.idempotency_key);
    if (operation === undefined) return refusal("not_found");
    const { id, settled } = operation;
    if (settled === null) return { result: { state: "open", operation: id } };
    return { result: { state: "settled", operation: id, outcome: settled.outcome, answer: settled.answer } };
  }

  #count(): void {
    this.#state.count({ calls: 1 });
  }
}

const isObject = (params: unknown): boolean =>
  params === undefined || (typeof params === "object" && params !== null && !Array.isArray(params));

const methodNotFound = (method: string): Answer => rpcError(RPC.method_not_found, "Method not found", method);
const badKey = (): Answer =>
  rpcError(
    RPC.invalid_params,
    "Invalid params",
    `idempotency_key must be 1 to ${MAX_IDEMPOTENCY_KEY_CHARS} visible ASCII characters`,
  );

function done(reply: Reply, answer: Answer): undefined {
  reply(answer);
  return undefined;
}
