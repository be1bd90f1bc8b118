// The account's Durable Object: turns the platform's callbacks into calls on the core, and nothing else.
import { DurableObject } from "cloudflare:workers";
import { PING, PONG } from "../../shared/frames.ts";
import {
  mintId,
  openId,
  randomPart,
  ENROLMENT_OWN_BYTES,
  type AccountId,
  type Id,
  type KeyId,
} from "../../shared/ids.ts";
import type { Answer, RpcRequest } from "../../shared/jsonrpc.ts";
import { encodeBase32 } from "../../shared/base32.ts";
import { ERRORS } from "../../shared/errors.ts";
import { err, ok, type Result } from "../../shared/result.ts";
import type { Scope } from "../../shared/grant.ts";
import {
  AGENT_SUBPROTOCOL,
  callerFromHeaders,
  CLIENT_HEADER,
  RPC_SUBPROTOCOL,
  type AccountApi,
} from "../api.ts";
import { platformClock } from "../clock.ts";
import { readConfig, type RelayConfig, type RelayEnv } from "../env.ts";
import { warn } from "../log.ts";
import { isCreated } from "../migrate.ts";
import { tenantOf } from "../objects.ts";
import type { Denied } from "./access.ts";
import { AccountCore, createAccount, type AccountIdentity } from "./core.ts";
import type { Enrolled, EnrolmentOffer } from "./enrolment.ts";
import type { AccountPorts, Caller, Counters, Storage } from "./ports.ts";
import { HibernatingSocket } from "./socket.ts";
import type { AccountStatus } from "./status.ts";
import type { Install } from "./store/installs.ts";
import { verifyEd25519 } from "./verify.ts";

/** Codes that say that no code came: they may not be sent (RFC 6455 §7.4.1). */
const isReservedCode = (code: number): boolean => [1004, 1005, 1006, 1015].includes(code);

/** Per isolate, so that they outlive hibernation: they count how often an object woke. Best effort, never billed. */
const counters = new Map<string, Counters>();

export class AccountObject extends DurableObject<RelayEnv> implements AccountApi {
  readonly #config: RelayConfig;
  readonly #storage: Storage;
  readonly #counters: Counters;
  #core: AccountCore | undefined;

  constructor(ctx: DurableObjectState, env: RelayEnv) {
    super(ctx, env);
    this.#config = readConfig(env);
    this.#storage = { sql: ctx.storage.sql, transaction: (run) => ctx.storage.transactionSync(run) };
    this.#counters = counters.get(ctx.id.toString()) ?? { constructed: 0, wakes: 0 };
    counters.set(ctx.id.toString(), this.#counters);
    this.#counters.constructed += 1;
    ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair(PING, PONG));
    if (isCreated(this.#storage.sql)) this.#core = new AccountCore(this.#ports());
  }

  async create(identity: AccountIdentity): Promise<void> {
    createAccount(this.#storage, identity, encodeBase32(randomPart()));
    this.#core ??= new AccountCore(this.#ports());
  }

  /** The two WebSocket doors. Whatever is refused is refused before the upgrade. */
  override async fetch(request: Request): Promise<Response> {
    const core = this.#woken();
    if (core === undefined) return new Response(null, { status: 404 });
    if (new URL(request.url).pathname === "/agent") {
      if (!core.hasRoomForAgent()) return new Response(null, { status: 429 });
      return this.#accept("agent", AGENT_SUBPROTOCOL, (socket) => core.agentOpened(socket));
    }
    const caller = callerFromHeaders(request.headers);
    if (caller === undefined) return new Response(null, { status: 403 });
    const grant = await core.access.admit(caller, ["rpc"]);
    if (!grant.ok) return new Response(null, { status: ERRORS[grant.error].status });
    if (grant.value === null) return new Response(null, { status: 403 });
    if (!core.hasRoomForGateway()) return new Response(null, { status: 429 });
    const admitted = grant.value;
    const v1 = (request.headers.get("sec-websocket-protocol") ?? "")
      .split(",")
      .some((name) => name.trim() === RPC_SUBPROTOCOL);
    return this.#accept("gateway", v1 ? RPC_SUBPROTOCOL : undefined, (socket) =>
      core.gatewayOpened(socket, admitted, { v1, client: request.headers.get(CLIENT_HEADER) }),
    );
  }

  async status(caller: Caller): Promise<Result<AccountStatus, Denied | "not_found">> {
    return this.#admitted(caller, ["read", "send", "rpc", "manage"], (core) => ok(core.status()));
  }

  async rpc(caller: Caller, request: RpcRequest): Promise<Result<Answer, Denied | "not_found">> {
    return this.#admitted(caller, ["rpc"], async (core) => ok(await core.rpc(request)));
  }

  async offerEnrolment(caller: Caller): Promise<Result<EnrolmentOffer, Denied | "not_found">> {
    return this.#admitted(caller, ["manage"], (core) => ok(core.enrolment.offer()));
  }

  async claimEnrolment(
    code: string,
    publicKey: string,
    name: string,
  ): Promise<Result<Enrolled, "not_found" | "gone" | "conflict">> {
    return this.#woken()?.enrolment.claim(code, publicKey, name) ?? err("not_found");
  }

  async installs(caller: Caller): Promise<Result<Install[], Denied | "not_found">> {
    return this.#admitted(caller, ["manage"], (core) => ok(core.enrolment.list()));
  }

  async revokeInstall(
    caller: Caller,
    install: string,
  ): Promise<Result<{ install: string; revoked_at: number }, Denied | "not_found">> {
    return this.#admitted(caller, ["manage"], (core) => core.enrolment.revoke(install));
  }

  async revokeKey(key: KeyId): Promise<void> {
    this.#woken()?.revokeKey(key);
  }

  override async webSocketMessage(ws: WebSocket, message: string | ArrayBuffer): Promise<void> {
    await this.#woken()?.message(
      new HibernatingSocket(ws, this.ctx),
      typeof message === "string" ? message : undefined,
    );
  }

  override async webSocketClose(ws: WebSocket, code: number): Promise<void> {
    this.#woken()?.closed(new HibernatingSocket(ws, this.ctx));
    // The automatic answer of compatibility date 2026-04-07 does not reach hibernating sockets (workerd 2026-04-26).
    if (ws.readyState !== WebSocket.CLOSED) ws.close(isReservedCode(code) ? 1000 : code, "");
  }

  override async webSocketError(ws: WebSocket): Promise<void> {
    this.#woken()?.closed(new HibernatingSocket(ws, this.ctx));
  }

  override async alarm(): Promise<void> {
    this.#woken()?.alarm();
  }

  #woken(): AccountCore | undefined {
    this.#counters.wakes += 1;
    return this.#core;
  }

  async #admitted<T, E>(
    caller: Caller,
    scopes: readonly Scope[],
    run: (core: AccountCore) => Result<T, E> | Promise<Result<T, E>>,
  ): Promise<Result<T, E | Denied | "not_found">> {
    const core = this.#woken();
    if (core === undefined) return err("not_found");
    const admitted = await core.access.admit(caller, scopes);
    return admitted.ok ? run(core) : admitted;
  }

  #accept(
    role: "agent" | "gateway",
    subprotocol: string | undefined,
    opened: (socket: HibernatingSocket) => void,
  ): Response {
    const pair = new WebSocketPair();
    this.ctx.acceptWebSocket(pair[1], [role]);
    opened(new HibernatingSocket(pair[1], this.ctx));
    const headers = new Headers(subprotocol === undefined ? [] : [["sec-websocket-protocol", subprotocol]]);
    return new Response(null, { status: 101, webSocket: pair[0], headers });
  }

  #ports(): AccountPorts {
    const { ctx, env } = this;
    const { secrets, origins, times } = this.#config;
    return {
      storage: this.#storage,
      clock: platformClock,
      sockets: (role) =>
        ctx
          .getWebSockets(role)
          .filter((ws) => ws.readyState === WebSocket.OPEN)
          .map((ws) => new HibernatingSocket(ws, ctx)),
      // Not awaited: the write is behind the output gate like every other.
      setAlarm: (at) => void (at === null ? ctx.storage.deleteAlarm() : ctx.storage.setAlarm(at)),
      random: () => encodeBase32(randomPart()),
      mint: <K extends "op" | "ins" | "enr">(kind: K, account: AccountId): Id<K> => {
        const parts = openId("acc", account, secrets.macOf);
        if (parts === undefined)
          throw new Error("the account's id was signed by a secret that is not listed any more");
        const own = randomPart(kind === "enr" ? ENROLMENT_OWN_BYTES : undefined);
        return mintId(kind, { ...parts, own }, secrets.newest, secrets.macOf);
      },
      pullGrant: (tenant, key, account) => tenantOf(env, tenant, secrets).grant(key, account),
      verify: verifyEd25519,
      origins,
      times,
      counters: this.#counters,
      warn,
    };
  }
}
