// The account, without its platform: what happens when something comes in. The object hands it the platform's
// callbacks; the deterministic tests hand it their own.
import { CLOSE } from "../../shared/close.ts";
import type { AuditVerb } from "../../shared/audit.ts";
import type { AgentFrame, FrameOf } from "../../shared/frames.ts";
import type { Answer, RpcRequest } from "../../shared/jsonrpc.ts";
import type { AccountId, TenantId } from "../../shared/ids.ts";
import type { ErrorCode, Refused } from "../../shared/errors.ts";
import { assertNever, type Result } from "../../shared/result.ts";
import { migrate } from "../migrate.ts";
import { withReferences } from "./attachments/listing.ts";
import { readAgentAttachment, readReaderAttachment, type GatewayAttachment } from "./sockets/attachment.ts";
import type { Appended } from "./log/event-log.ts";
import { ACCOUNT_MIGRATIONS } from "./migrations.ts";
import { assemble, type Parts } from "./parts.ts";
import {
  actorOf,
  type AccountPorts,
  type Caller,
  type Socket,
  type Storage,
  type StoredGrant,
} from "./ports.ts";
import type { Place } from "./readers/place.ts";
import type { TenantWord } from "./tenant-word.ts";
import type { ReaderWish } from "./readers/readers.ts";
import type { DeadlineName } from "./schedule.ts";
import { closeOf, type Held } from "./standing.ts";
import { describeStatus, type AccountStatus, type CatchUp } from "./status.ts";
import { StateStore } from "./store/state.ts";

export interface AccountIdentity {
  readonly account: AccountId;
  readonly tenant: TenantId;
  readonly name: string;
  readonly created_at: number;
}

/** Makes the account's tables and its one state row; a second time it changes nothing. */
export function createAccount(storage: Storage, identity: AccountIdentity, log: string): void {
  storage.transaction(() => {
    migrate(storage.sql, ACCOUNT_MIGRATIONS);
    StateStore.create(storage, { ...identity, log });
  });
}

/** A deadline whose work failed is due again after this. */
const FAILED_DEADLINE_MS = 60_000;

export class AccountCore {
  readonly #ports: AccountPorts;
  readonly parts: Parts;
  #catchUp: CatchUp | null = null;

  constructor(ports: AccountPorts) {
    ports.storage.transaction(() => migrate(ports.storage.sql, ACCOUNT_MIGRATIONS));
    this.#ports = ports;
    this.parts = assemble(ports, {
      onAppended: (appended) => this.#appended(appended),
      onLive: () => this.#online(),
      onLost: () => {
        this.parts.calls.linkLost();
        this.parts.transfers.linkLost();
      },
      onFrame: (frame) => this.#frame(frame),
      status: () => this.status(),
    });
    this.parts.schedule.rearm();
    // What an object before this one had under way; without endpoints it does nothing.
    this.parts.deliveries.run();
  }

  /** The object was entered: a day may have begun since. */
  entered(): void {
    try {
      this.parts.usage.turn();
    } catch {
      // The disk takes nothing. The day is ended at the next entrance; what is done meanwhile is counted to it.
      this.#ports.warn("a day of usage was not ended", {});
    }
  }

  now(): number {
    return this.#ports.clock.now();
  }

  get account(): AccountId {
    return this.parts.state.current.account;
  }

  agentOpened(socket: Socket): void {
    this.parts.link.opened(socket);
  }

  gatewayOpened(socket: Socket, grant: StoredGrant, as: Pick<GatewayAttachment, "v1" | "client">): void {
    // LINK5: whoever comes to read is told of a dead link now.
    this.parts.link.live();
    this.parts.gateways.opened(socket, grant, as);
  }

  readerOpened(socket: Socket, grant: StoredGrant, wish: ReaderWish, place: Place): void {
    this.parts.link.live();
    this.parts.readers.opened(socket, grant, wish, place);
  }

  /** `text` undefined = a binary frame. */
  async message(socket: Socket, text: string | undefined): Promise<void> {
    const { link, readers, gateways } = this.parts;
    if (readAgentAttachment(socket.attachment) !== undefined) await link.receive(socket, text);
    else if (readReaderAttachment(socket.attachment) !== undefined) readers.receive(socket, text);
    else gateways.receive(socket, text);
  }

  closed(socket: Socket): void {
    this.parts.link.closed(socket);
    this.parts.gateways.closed(socket);
    this.parts.readers.closed(socket);
  }

  /** One request by POST: the answer, or what is known of it at its deadline. */
  rpc(request: RpcRequest, key: string | null, hasReferences: boolean): Promise<Answer> {
    return new Promise((resolve) => {
      const told = (answer: Answer): void =>
        resolve(hasReferences ? withReferences(this.parts.sealing, answer) : answer);
      this.parts.requests.handle(request, { key, socket: null }, told);
    });
  }

  status(): AccountStatus {
    const { link, state, gateways, readers, calls, operationStore, retention, pairing, settings, transfers } =
      this.parts;
    link.live();
    return describeStatus(state.current, {
      lastHeard: link.lastHeard(),
      macPolicy: this.parts.macPolicy.current,
      catchUp: this.#catchUp,
      counters: this.#ports.counters,
      gateways: gateways.count,
      subscriptions: gateways.subscriptionCount,
      readers: readers.count,
      calls: calls.pending,
      sends: operationStore.counts(),
      firstSeq: retention.first(),
      transfers: transfers.counts,
      pairing: pairing.counts,
      config: {
        version: settings.facts.version,
        enabled: settings.config.enabled,
        warnings: settings.warnings.length,
      },
      now: this.#ports.clock.now(),
    });
  }

  /** What the tenant has to say of this account. */
  inform({ endpoints, standing: stands, ...facts }: TenantWord): void {
    const { state, settings, log, deliveries, operations, standing, retention } = this.parts;
    const before = settings.facts.version;
    const wasHeld = standing.held;
    const now = this.#ports.clock.now();
    const { appended, removed } = state.transact(() => {
      if (!settings.receive(facts)) return { appended: [], removed: [] };
      if (stands !== undefined) standing.receive(stands);
      const told = deliveries.receive(endpoints);
      const disabled = told.disabled.map(({ endpoint, reason }) =>
        log.append("endpoint.disabled", { endpoint, reason: reason ?? "" }, now),
      );
      const changed =
        facts.version === before
          ? []
          : [log.append("config.changed", { version: facts.version, by: facts.changed_by }, now)];
      return { appended: [...disabled, ...changed], removed: told.removed };
    });
    // Its answers that wait for the Mac, as those of a key.
    for (const endpoint of removed) operations.revoke(endpoint);
    this.#appended(appended);
    if (standing.held !== null && wasHeld?.code !== standing.held.code) this.#shutOut(standing.held);
    if (standing.held === null && wasHeld !== null) retention.goesOn();
    deliveries.run();
  }

  /** Before its tenant has said anything. */
  shutOutFor(reason: string): void {
    const { state, standing } = this.parts;
    const { name } = state.current;
    const quotas = standing.quotas;
    state.transact(() => standing.receive({ name, held: { code: "tenant_suspended", reason }, quotas }));
  }

  /** TEN4: everybody learns why, the Mac last: what its end changes is logged, and shown to nobody any more. */
  #shutOut(held: Held): void {
    const { code, words } = closeOf(held);
    this.parts.gateways.shutOut(null, code, words);
    this.parts.readers.shutOut(null, code, words);
    this.parts.link.shutOut(code, words);
  }

  /** The account is deleted: whoever is connected learns it, and what is under way ends. */
  end(): void {
    const words = "this account was deleted";
    this.parts.gateways.shutOut(null, CLOSE.revoked, words);
    this.parts.readers.shutOut(null, CLOSE.revoked, words);
    this.parts.link.shutOut(CLOSE.revoked, words);
  }

  revokeKey(key: StoredGrant["key"]): void {
    this.parts.access.forget(key);
    this.parts.operations.revoke(key);
    this.#closeKey(key, CLOSE.revoked, "the key was revoked");
  }

  /** It connects anew, and is judged by what it may now. */
  narrowKey(key: StoredGrant["key"]): void {
    this.parts.access.forget(key);
    this.parts.tickets.forget(key);
    this.#closeKey(key, CLOSE.goodbye, "the key was changed; connect again");
  }

  #closeKey(key: StoredGrant["key"], code: number, why: string): void {
    this.parts.gateways.shutOut(key, code, why);
    this.parts.readers.shutOut(key, code, why);
  }

  /** An administrative act was done: the tenant's audit has it. */
  did(
    who: Caller | "agent",
    act: { readonly verb: AuditVerb; readonly about: string },
    done: Result<unknown, Refused | ErrorCode>,
  ): void {
    const isAgent = who === "agent";
    this.parts.reporting.did({
      ...act,
      by: isAgent ? who : actorOf(who),
      result: done.ok ? "ok" : typeof done.error === "string" ? done.error : done.error.code,
      request_id: isAgent ? null : (who.request_id ?? null),
    });
  }

  /** The one alarm. Never throws: a throw would be retried six times and then forgotten. */
  alarm(): void {
    for (const name of this.parts.schedule.due()) {
      try {
        this.#due(name);
      } catch {
        this.#ports.warn("a deadline failed", { name });
        this.parts.schedule.arm(name, this.#ports.clock.now() + FAILED_DEADLINE_MS);
      }
    }
    // Also where nothing is due: it may be what wakes an object whose life ended during an attempt.
    this.parts.deliveries.run();
    this.parts.schedule.rearm();
  }

  #due(name: DeadlineName): void {
    switch (name) {
      case "operations":
        return this.parts.operations.prune();
      case "queue":
        return this.parts.operations.expire();
      case "states":
        return this.parts.sendStates.run();
      case "probe":
        return this.parts.gateways.closeSilent();
      case "retention":
        return this.parts.retention.run();
      case "errands":
        return this.parts.errands.prune();
      case "usage":
        return void this.parts.reporting.tellUsage();
      case "acts":
        return void this.parts.reporting.tell();
      case "webhooks":
        // With every alarm, see there.
        return undefined;
      default:
        return assertNever(name);
    }
  }

  /** Events were committed: everybody gets what fits, and what they ask for is done. */
  #appended(events: readonly Appended[]): void {
    if (events.length === 0) return;
    this.parts.pages.remember(events);
    this.parts.gateways.runAll();
    this.parts.readers.runAll();
    this.parts.errands.run();
    this.parts.deliveries.run();
    // What waits for a chat that it named by row id is not sent any more.
    if (events.some(({ record }) => record.kind === "account.cursor_reset")) this.parts.operations.expire();
    this.parts.retention.appended();
  }

  #online(): void {
    // Of the link before; what is left of it begins anew, and may be nothing.
    this.#catchUp = null;
    const { open, looks } = this.parts.operationStore.due();
    if (open) this.parts.operations.resume();
    if (looks) this.parts.sendStates.run();
    this.parts.gateways.runAll();
    this.parts.errands.run();
  }

  #frame(frame: FrameOf<AgentFrame, "result" | "note" | "health" | "transfer">): void {
    const { calls, operations, chats, state } = this.parts;
    switch (frame.t) {
      case "result":
        if (frame.operation === undefined) calls.answer(frame.call, frame.answer);
        else operations.result({ ...frame, operation: frame.operation });
        return;
      case "note":
        // A list of another generation is one whose ids mean something else.
        if (frame.kind === "chats" && frame.database === state.current.database)
          chats.note(frame.database, frame.chats);
        if (frame.kind === "progress")
          this.#catchUp = { done: frame.done, total: frame.total, finished: frame.finished };
        return;
      case "health":
        this.#health(frame);
        return;
      case "transfer":
        this.parts.transfers.frame(frame);
    }
  }

  #health({ health, engine, policy }: FrameOf<AgentFrame, "health">): void {
    const { state, log, macPolicy } = this.parts;
    const before = state.current.health;
    if (policy !== undefined) state.transact(() => macPolicy.keep(policy));
    if (before?.state === health.state && before.reason === health.reason) {
      state.transact(() => state.update({ health, engine }));
      return;
    }
    const now = this.#ports.clock.now();
    const appended = state.transact(() => log.append("account.health", health, now, { health, engine }));
    this.#appended([appended]);
  }
}
