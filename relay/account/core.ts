// The account, without its platform: the modules put together. The object hands it the platform's callbacks; the
// deterministic tests hand it their own.
import type { AgentFrame, FrameOf } from "../../shared/frames.ts";
import type { Answer, RpcRequest } from "../../shared/jsonrpc.ts";
import type { AccountId, TenantId } from "../../shared/ids.ts";
import { migrate } from "../migrate.ts";
import { Access } from "./access.ts";
import { AgentCalls } from "./agent-calls.ts";
import { AgentLink } from "./agent-link.ts";
import { readAgentAttachment, type GatewayAttachment } from "./attachment.ts";
import { ChatList } from "./chat-list.ts";
import { Enrolment } from "./enrolment.ts";
import { EventLog } from "./event-log.ts";
import { Gateways } from "./gateways.ts";
import { ACCOUNT_MIGRATIONS } from "./migrations.ts";
import { Operations } from "./operations.ts";
import type { AccountPorts, Socket, Storage, StoredGrant } from "./ports.ts";
import { Pump } from "./pump.ts";
import { Requests } from "./requests.ts";
import { Schedule } from "./schedule.ts";
import { describeStatus, type AccountStatus, type CatchUp } from "./status.ts";
import { EventStore } from "./store/events.ts";
import { InstallStore } from "./store/installs.ts";
import { OperationStore } from "./store/operations.ts";
import { StateStore } from "./store/state.ts";
import { Subscriptions } from "./subscriptions.ts";

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

export class AccountCore {
  readonly access: Access;
  readonly enrolment: Enrolment;
  readonly #ports: AccountPorts;
  readonly #state: StateStore;
  readonly #link: AgentLink;
  readonly #calls: AgentCalls;
  readonly #operations: Operations;
  readonly #operationStore: OperationStore;
  readonly #requests: Requests;
  readonly #gateways: Gateways;
  readonly #chats: ChatList;
  readonly #log: EventLog;
  readonly #schedule: Schedule;
  #catchUp: CatchUp | null = null;

  constructor(ports: AccountPorts) {
    const { storage, clock } = ports;
    storage.transaction(() => migrate(storage.sql, ACCOUNT_MIGRATIONS));
    this.#ports = ports;
    this.#state = StateStore.load(storage);
    const events = new EventStore(storage.sql);
    const installs = new InstallStore(storage.sql);
    this.#operationStore = new OperationStore(storage.sql);
    this.#log = new EventLog(this.#state, events);
    this.#schedule = new Schedule(ports);
    this.#chats = new ChatList(ports);
    this.access = new Access(ports, this.#state);
    this.#link = new AgentLink(ports, this.#state, installs, this.#log, {
      onAppended: (appended) => this.#gateways.appended(appended),
      onLive: () => this.#online(),
      onLost: () => this.#calls.linkLost(),
      onFrame: (frame) => this.#frame(frame),
    });
    this.enrolment = new Enrolment(ports, this.#state, installs, this.#link);
    this.#calls = new AgentCalls(this.#link, clock);
    this.#operations = new Operations(
      ...([ports, this.#state, this.#operationStore, this.#link, this.#calls, this.#schedule] as const),
      (gateway, rpcId, answer) => this.#gateways.answerLate(gateway, rpcId, answer),
    );
    this.#requests = new Requests(this.#state, this.#link, this.#calls, this.#operations, this.#chats);
    const subscriptions = new Subscriptions(clock, this.#state, events, this.#log, this.#chats);
    const pump = new Pump(ports, this.#state, events, this.#calls, this.#schedule);
    this.#gateways = new Gateways(
      ports,
      this.#state,
      this.#link,
      this.#requests,
      subscriptions,
      pump,
      this.#schedule,
    );
    this.#schedule.rearm();
  }

  get account(): AccountId {
    return this.#state.current.account;
  }

  hasRoomForAgent(): boolean {
    return this.#link.hasRoom();
  }

  hasRoomForGateway(): boolean {
    return this.#gateways.hasRoom();
  }

  agentOpened(socket: Socket): void {
    this.#link.opened(socket);
  }

  gatewayOpened(socket: Socket, grant: StoredGrant, as: Pick<GatewayAttachment, "v1" | "client">): void {
    // LINK5: whoever comes to read is told of a dead link now.
    this.#link.live();
    this.#gateways.opened(socket, grant, as);
  }

  /** `text` undefined = a binary frame. */
  async message(socket: Socket, text: string | undefined): Promise<void> {
    if (readAgentAttachment(socket.attachment) !== undefined) await this.#link.receive(socket, text);
    else this.#gateways.receive(socket, text);
  }

  closed(socket: Socket): void {
    this.#link.closed(socket);
    this.#gateways.closed(socket);
  }

  /** One request by POST: the answer, or what is known of it at its deadline. */
  rpc(request: RpcRequest): Promise<Answer> {
    return new Promise((resolve) => {
      this.#requests.handle(request, null, resolve);
    });
  }

  status(): AccountStatus {
    this.#link.live();
    return describeStatus(this.#state.current, {
      lastHeard: this.#link.lastHeard(),
      catchUp: this.#catchUp,
      counters: this.#ports.counters,
      gateways: this.#gateways.count,
      subscriptions: this.#gateways.subscriptionCount,
      calls: this.#calls.pending,
      operationsOpen: this.#operationStore.countOpen(),
      now: this.#ports.clock.now(),
    });
  }

  revokeKey(key: StoredGrant["key"]): number {
    this.access.forget(key);
    return this.#gateways.revoke(key);
  }

  /** The one alarm. Never throws: a throw would be retried six times and then forgotten. */
  alarm(): void {
    for (const name of this.#schedule.due()) {
      try {
        if (name === "operations") this.#operations.prune();
        else this.#gateways.closeSilent();
      } catch {
        this.#ports.warn("a deadline failed", { name });
      }
    }
    this.#schedule.rearm();
  }

  #online(): void {
    this.#operations.resume();
    this.#gateways.runAll();
  }

  #frame(frame: FrameOf<AgentFrame, "result" | "note" | "health">): void {
    switch (frame.t) {
      case "result":
        if (frame.operation === undefined) this.#calls.answer(frame.call, frame.answer);
        else this.#operations.result({ ...frame, operation: frame.operation });
        return;
      case "note":
        if (frame.kind === "chats") this.#chats.note(frame.database, frame.chats);
        if (frame.kind === "progress")
          this.#catchUp = { done: frame.done, total: frame.total, finished: frame.finished };
        return;
      case "health":
        this.#health(frame);
    }
  }

  #health({ health, engine }: FrameOf<AgentFrame, "health">): void {
    const before = this.#state.current.health;
    if (before?.state === health.state && before.reason === health.reason) {
      this.#state.transact(() => this.#state.update({ health, engine }));
      return;
    }
    const now = this.#ports.clock.now();
    const appended = this.#state.transact(() =>
      this.#log.append("account.health", health, now, { health, engine }),
    );
    this.#gateways.appended([appended]);
  }
}
