// The account's Durable Object: turns the platform's callbacks into calls on the core, and nothing else.
import { DurableObject } from "cloudflare:workers";
import { encodeBase32 } from "../../shared/base32.ts";
import { ERRORS, type ErrorCode, type Refused } from "../../shared/errors.ts";
import { PING, PONG } from "../../shared/frames.ts";
import {
  mintId,
  openId,
  ownBytes,
  randomPart,
  type AccountId,
  type Id,
  type KeyId,
  type TenantId,
} from "../../shared/ids.ts";
import { NewestMap } from "../../shared/newest-map.ts";
import { err, ok, type Result } from "../../shared/result.ts";
import type { AccountApi, TenantApi } from "../api.ts";
import { platformClock } from "../clock.ts";
import {
  AGENT_SUBPROTOCOL,
  doorOf,
  EVENTS_SUBPROTOCOL,
  offers,
  RPC_SUBPROTOCOL,
  type DoorRequest,
} from "../doors.ts";
import { readConfig, type RelayConfig, type RelayEnv } from "../env.ts";
import { warn } from "../log.ts";
import { isCreated } from "../migrate.ts";
import { tenantOf } from "../objects.ts";
import { platformPost } from "../post.ts";
import { seal, unseal } from "../sealed.ts";
import type { Admitted } from "./access.ts";
import { fileDoorOf, refusedResponse, type FileDoor } from "./attachments/file-door.ts";
import { FileDoors } from "./attachments/file-doors.ts";
import type { TenantWord } from "./tenant-word.ts";
import { AccountCore, createAccount, type AccountIdentity } from "./core.ts";
import type { EnrolmentClaim } from "./link/enrolment.ts";
import { AccountMoving } from "../moving/account-moving.ts";
import type { AccountLine, ExportStep, Owed } from "../moving/format.ts";
import { MAX_COUNTED } from "./limits.ts";
import { metered, type Meter } from "./meter.ts";
import type { AccountPorts, Caller, Counters, SocketRole, Storage } from "./ports.ts";
import { QUESTIONS, type InputOf, type OutputOf, type Question, type QuestionName } from "./questions.ts";
import { HibernatingSocket } from "./sockets/socket.ts";
import { verifyEd25519 } from "./link/verify.ts";

/** Codes that say that no code came: they may not be sent (RFC 6455 §7.4.1). */
const isReservedCode = (code: number): boolean => [1004, 1005, 1006, 1015].includes(code);

/** A refusal before the upgrade; the Worker makes the caller's answer of it. */
const refused = (why: Refused): Response => Response.json(why, { status: ERRORS[why.code].status });
const refuse = (code: ErrorCode): Response => refused({ code });

/** Why nobody may come to an account that has not come whole. */
const IMPORTING = "it is being imported";

/** Of an isolate, so that they outlive hibernation: how often an object woke, and what no row says. Best effort, never billed. */
const counts = new NewestMap<string, { readonly counters: Counters; readonly meter: Meter }>(MAX_COUNTED);

export class AccountObject extends DurableObject<RelayEnv> implements AccountApi {
  readonly #config: RelayConfig;
  readonly #storage: Storage;
  readonly #counters: Counters;
  readonly #meter: Meter;
  #core: AccountCore | undefined;
  /** It was deleted: what it had under way writes nothing any more. */
  #isGone = false;
  #fileDoors: FileDoors | undefined;

  constructor(ctx: DurableObjectState, env: RelayEnv) {
    super(ctx, env);
    this.#config = readConfig(env);
    const name = ctx.id.toString();
    const known = counts.get(name) ?? {
      counters: { constructed: 0, wakes: 0 },
      meter: { rows: 0, constructions: 0 },
    };
    counts.set(name, known);
    this.#meter = known.meter;
    this.#meter.constructions += 1;
    const { storage } = ctx;
    this.#storage = {
      sql: metered(storage.sql, this.#meter),
      transaction: (run) => storage.transactionSync(run),
    };
    this.#counters = known.counters;
    this.#counters.constructed += 1;
    ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair(PING, PONG));
    if (isCreated(this.#storage.sql)) this.#core = new AccountCore(this.#ports());
  }

  async create(identity: AccountIdentity, facts: TenantWord): Promise<void> {
    this.#isGone = false;
    createAccount(this.#storage, identity, encodeBase32(randomPart()));
    this.#core ??= new AccountCore(this.#ports());
    this.#core.inform(facts);
  }

  /** What may be asked, and by whom, is in the table. */
  async ask<N extends QuestionName>(
    caller: Caller,
    name: N,
    input: InputOf<N>,
  ): Promise<Result<OutputOf<N>, Refused>> {
    const core = this.#woken();
    if (core === undefined) return err({ code: "not_found" });
    // The table's row for N, whose types the compiler cannot follow through the index.
    const { scopes, run, act } = QUESTIONS[name] as unknown as Question<InputOf<N>, OutputOf<N>>;
    const admitted = await core.parts.access.admit(caller, scopes);
    if (!admitted.ok) return admitted;
    const answer = run(core, input, admitted.value);
    if (act !== undefined && !(answer instanceof Promise)) core.did(caller, act(input, core.account), answer);
    return answer;
  }

  /** The doors for bytes, and those that become WebSockets: whatever is refused there is refused before the upgrade. */
  override async fetch(request: Request): Promise<Response> {
    const { headers } = request;
    const core = this.#woken();
    const file = fileDoorOf(headers);
    if (file !== undefined) return this.#file(core, file, request);
    const door = doorOf(headers);
    if (core === undefined || door === undefined) return refuse("not_found");
    const { link, gateways, readers } = core.parts;
    if (door.name === "agent") {
      if (!link.hasRoom()) return refuse("rate_limited");
      return this.#accept("agent", AGENT_SUBPROTOCOL, (socket) => core.agentOpened(socket));
    }
    const admitted = await this.#admit(core, door);
    if (!admitted.ok) return refused(admitted.error);
    const grant = admitted.value;
    if (grant === null) return refuse("forbidden");
    if (door.name === "rpc") {
      if (!gateways.hasRoom()) return refuse("rate_limited");
      const as = { v1: offers(headers, RPC_SUBPROTOCOL), client: door.client };
      const subprotocol = as.v1 ? RPC_SUBPROTOCOL : undefined;
      return this.#accept("gateway", subprotocol, (socket) => core.gatewayOpened(socket, grant, as));
    }
    if (!readers.hasRoom()) return refuse("rate_limited");
    const { wish } = door;
    const place = readers.place(wish);
    if (!place.ok) return refused(place.error);
    const subprotocol = offers(headers, EVENTS_SUBPROTOCOL) ? EVENTS_SUBPROTOCOL : undefined;
    const opened = (socket: HibernatingSocket): void => core.readerOpened(socket, grant, wish, place.value);
    return this.#accept("reader", subprotocol, opened);
  }

  async lookAtEnrolment(code: string): ReturnType<AccountApi["lookAtEnrolment"]> {
    return this.#woken()?.parts.enrolment.look(code) ?? err("not_found");
  }

  async claimEnrolment(claim: EnrolmentClaim): ReturnType<AccountApi["claimEnrolment"]> {
    const core = this.#woken();
    if (core === undefined) return err("not_found");
    const claimed = core.parts.enrolment.claim(claim);
    // Whoever has no code is nobody, and leaves no row.
    if (claimed.ok) core.did("agent", { verb: "install.enrolled", about: claimed.value.install }, claimed);
    return claimed;
  }

  async inform(facts: TenantWord): Promise<void> {
    this.#woken()?.inform(facts);
  }

  async revokeKey(key: KeyId): Promise<void> {
    this.#woken()?.revokeKey(key);
  }

  async narrowKey(key: KeyId): Promise<void> {
    this.#woken()?.narrowKey(key);
  }

  async owed(): Promise<Owed | null> {
    return this.#moving()?.owed() ?? null;
  }

  async exportStep(place: string | null): Promise<Result<ExportStep<AccountLine> | null, Refused>> {
    const moving = this.#moving();
    if (moving === undefined) return ok(null);
    // What came after this step would be acknowledged to the Mac, and be in no export.
    if (this.#core?.parts.standing.held?.code !== "tenant_suspended")
      return err({ code: "conflict", detail: "an account that is at work is not exported" });
    return ok(moving.step(place));
  }

  /** Until its tenant says more, nobody may come: neither a gateway nor its Mac. */
  async importLines(
    tenant: TenantId,
    account: AccountId,
    lines: readonly AccountLine[],
  ): Promise<Result<void, Refused>> {
    const [first] = lines;
    if (this.#core === undefined && first?.t === "account") {
      const { name, created_at } = first;
      createAccount(this.#storage, { account, tenant, name, created_at }, encodeBase32(randomPart()));
      this.#isGone = false;
      this.#core = new AccountCore(this.#ports());
      this.#core.shutOutFor(IMPORTING);
    }
    if (this.#core?.parts.standing.held?.reason !== IMPORTING)
      return err({ code: "conflict", detail: "an account that is at work is not imported" });
    const taken = this.#moving()?.take(lines) ?? err("no account");
    // What it knows in memory is of before.
    this.#core = new AccountCore(this.#ports());
    return taken.ok ? taken : err({ code: "invalid_request", detail: taken.error });
  }

  /** Sockets first: what they have under way ends with them. Then there is nothing, not even tables. */
  async destroy(): Promise<void> {
    this.#woken()?.end();
    this.#core = undefined;
    this.#fileDoors = undefined;
    this.#isGone = true;
    await this.ctx.storage.deleteAlarm();
    await this.ctx.storage.deleteAll();
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

  #moving(): AccountMoving | undefined {
    const core = this.#woken();
    if (core === undefined) return undefined;
    const { secrets } = this.#config;
    return new AccountMoving(core, this.#storage, {
      seal: (text) => seal(secrets, "export", core.account, text),
      unseal: (sealed) => unseal(secrets, "export", core.account, sealed),
    });
  }

  #file(core: AccountCore | undefined, door: FileDoor, request: Request): Promise<Response> | Response {
    if (core === undefined) return refusedResponse({ code: "not_found" });
    this.#fileDoors ??= new FileDoors(core, this.ctx);
    return this.#fileDoors.handle(door, request);
  }

  #woken(): AccountCore | undefined {
    this.#counters.wakes += 1;
    this.#core?.entered();
    return this.#core;
  }

  /** By key, or by a ticket that stands for one. */
  async #admit(
    { parts }: AccountCore,
    { name, caller, ticket }: Exclude<DoorRequest, { name: "agent" }>,
  ): Promise<Result<Admitted, Refused>> {
    const scopes = [name === "rpc" ? "rpc" : "read"] as const;
    if (caller !== null) return parts.access.admit({ kind: "key", ...caller }, scopes);
    const bearer = ticket === null ? undefined : parts.tickets.use(ticket, name);
    return bearer === undefined ? err({ code: "unauthenticated" }) : parts.access.admitBearer(bearer, scopes);
  }

  #accept(
    role: SocketRole,
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
    const { secrets, origins, times, allowsLoopback, webhookScale } = this.#config;
    return {
      storage: this.#storage,
      clock: platformClock,
      sockets: (role) =>
        ctx
          .getWebSockets(role)
          .filter((ws) => ws.readyState === WebSocket.OPEN)
          .map((ws) => new HibernatingSocket(ws, ctx)),
      // Not awaited: the write is behind the output gate like every other.
      setAlarm: (at) => {
        if (this.#isGone) return;
        void (at === null ? ctx.storage.deleteAlarm() : ctx.storage.setAlarm(at));
      },
      random: () => encodeBase32(randomPart()),
      randomBytes: randomPart,
      mint: <K extends "op" | "ins" | "enr" | "tic" | "tra">(kind: K, account: AccountId): Id<K> => {
        const parts = openId("acc", account, secrets.macOf);
        if (parts === undefined)
          throw new Error("the account's id was signed by a secret that is not listed any more");
        return mintId(kind, { ...parts, own: randomPart(ownBytes(kind)) }, secrets.newest, secrets.macOf);
      },
      seal: (about, text) => seal(secrets, "attachment", about, text),
      unseal: (about, sealed) => unseal(secrets, "attachment", about, sealed),
      pullGrant: (tenant, key, account) => tenantOf(env, tenant, secrets).grant(key, account),
      changeConfig: (change) => tenantOf(env, change.tenant, secrets).changeByOwner(change),
      post: platformPost,
      breaker: (tenant, account) => {
        const object = (): TenantApi => tenantOf(env, tenant, secrets);
        return {
          failed: (report) => object().endpointFailed(report, account),
          succeeded: (endpoint, round) => object().endpointSucceeded(endpoint, round),
          mayProbe: (endpoint) => object().mayProbe(endpoint),
          gone: (endpoint, round) => object().endpointGone(endpoint, round),
        };
      },
      unsealSecret: (tenant, sealed) => unseal(secrets, "webhook secret", tenant, sealed),
      allowsLoopback,
      webhookScale,
      report: (tenant, account, report) => tenantOf(env, tenant, secrets).report(account, report),
      verify: verifyEd25519,
      origins,
      times,
      counters: this.#counters,
      meter: this.#meter,
      warn,
    };
  }
}
