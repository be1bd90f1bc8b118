// A relay that says what a test tells it to, over real HTTP and WebSockets, as docs/protocol.md has it.
import type { IncomingMessage, ServerResponse } from "node:http";
import type { WebSocket } from "ws";
import * as z from "zod";
import { problem } from "../../../shared/errors.ts";
import { refusal, rpcError, type Answer } from "../../../shared/jsonrpc.ts";
import { methodOf } from "../../../shared/methods.ts";
import { ACCOUNT, bodyOf, KEY, LocalRelay } from "./local-relay.ts";

const requestSchema = z.looseObject({
  id: z.union([z.string(), z.number()]).optional(),
  method: z.string(),
  params: z.looseObject({}).optional(),
  idempotency_key: z.string().optional(),
});
type Params = Record<string, unknown>;

export interface Seen {
  readonly method: string;
  readonly params: Params;
  readonly key: string | undefined;
  /** Counts the sockets from 1; 0 = plain HTTP. */
  readonly socket: number;
}

/** `hold`: no answer, as if the Mac were slow. */
export type Script = (call: Seen) => Answer | "hold" | Promise<Answer | "hold">;

interface Logged {
  readonly seq: number;
  readonly message: Params;
  readonly delayed: boolean;
}
interface Reader {
  readonly socket: WebSocket;
  readonly number: number;
}

export class ScriptedRelay extends LocalRelay {
  readonly calls: Seen[] = [];
  /** What really happened at the Mac: each mutation once, whatever was sent how often (RPC6). */
  readonly effects: Seen[] = [];
  /** Upgrades and administrative requests as `METHOD /path`, with the Authorization they carried. */
  readonly requests: { line: string; authorization: string | undefined; body: unknown }[] = [];
  script: Script = () => ({ result: { ok: true } });
  status: unknown = onlineStatus();
  log = "log1";
  readonly #settled = new Map<string, Promise<Answer | "hold">>();
  readonly #events: Logged[] = [];
  readonly #sockets = new Set<WebSocket>();
  readonly #readers = new Set<Reader>();
  #socketCount = 0;
  #next = 1;

  get sockets(): number {
    return this.#sockets.size;
  }

  closeAll(code: number, reason: string): void {
    for (const socket of this.#sockets) socket.close(code, reason);
  }

  /** Logs a message and shows it to every reader. */
  emit(message: Params, delayed = false): string {
    const event = { seq: this.#events.length + 1, message, delayed };
    this.#events.push(event);
    for (const reader of this.#readers) this.#show(reader, event);
    this.changed();
    return `${this.log}.${event.seq}`;
  }

  #note(request: IncomingMessage, body: unknown): void {
    const { authorization } = request.headers;
    this.requests.push({ line: `${request.method} ${request.url}`, authorization, body });
    this.changed();
  }

  protected override knocked(request: IncomingMessage): (socket: WebSocket) => void {
    this.#note(request, undefined);
    return (socket) => this.#open(socket);
  }

  protected override async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await bodyOf(request);
    this.#note(request, body);
    const [status, answer] = await this.#answerHttp(request, body);
    response.writeHead(status, { "content-type": "application/json", "x-request-id": "req-1" });
    response.end(JSON.stringify(answer));
  }

  async #answerHttp(request: IncomingMessage, body: unknown): Promise<[number, unknown]> {
    if (this.refuse !== undefined)
      return [problem(this.refuse, "req-1").status, problem(this.refuse, "req-1")];
    const { url = "", method = "" } = request;
    if (url.endsWith("/status")) return [200, this.status];
    if (url.endsWith("/rpc?references=true") && method === "POST") {
      const key = request.headers["idempotency-key"];
      const call = requestSchema.parse(body);
      const seen = {
        method: call.method,
        params: call.params ?? {},
        key: typeof key === "string" ? key : undefined,
        socket: 0,
      };
      const answer = await this.#run(seen);
      if (answer === "hold") return [504, problem("deadline_exceeded", "req-1")];
      return [200, { jsonrpc: "2.0", id: call.id, ...answer }];
    }
    return [
      method === "POST" ? 201 : 200,
      ADMIN_ANSWERS[`${method} ${url}`] ?? problem("not_found", "req-1"),
    ];
  }

  #open(socket: WebSocket): void {
    this.#socketCount += 1;
    const at = this.#socketCount;
    this.#sockets.add(socket);
    socket.on("close", () => {
      this.#sockets.delete(socket);
      for (const reader of this.#readers) if (reader.socket === socket) this.#readers.delete(reader);
      this.changed();
    });
    socket.on("message", (data) => {
      const text = Buffer.isBuffer(data) ? data.toString() : "";
      if (text === "ping") socket.send("pong");
      else void this.#receive(socket, at, requestSchema.parse(JSON.parse(text)));
    });
    this.changed();
  }

  async #receive(socket: WebSocket, at: number, request: z.infer<typeof requestSchema>): Promise<void> {
    const { id, method, params = {}, idempotency_key: key } = request;
    const seen = { method, params, key, socket: at };
    if (method === "watch.subscribe") {
      this.calls.push(seen);
      this.#subscribe(socket, id, params);
    } else {
      const answer = await this.#run(seen);
      if (answer !== "hold" && id !== undefined)
        socket.send(JSON.stringify({ jsonrpc: "2.0", id, ...answer }));
    }
    this.changed();
  }

  #subscribe(socket: WebSocket, id: unknown, params: Params): void {
    const reader = { socket, number: this.#next };
    this.#next += 1;
    this.#readers.add(reader);
    socket.send(
      JSON.stringify({
        jsonrpc: "2.0",
        id,
        result: { subscription: reader.number, relay: { id: this.#place(params) } },
      }),
    );
    for (const event of this.#after(params)) this.#show(reader, event);
  }

  /** The event after which a subscription starts (RPC12). */
  #place(params: Params): string {
    return `${this.log}.${this.#events.length - this.#after(params).length}`;
  }

  #after({ relay_after, since_rowid }: Params): readonly Logged[] {
    if (typeof relay_after === "string") {
      const [log, seq] = relay_after.split(".");
      return log === this.log ? this.#events.filter((event) => event.seq > Number(seq)) : this.#events;
    }
    if (typeof since_rowid !== "number" || since_rowid === 0) return [];
    return this.#events.filter(({ message }) => Number(message["id"]) > since_rowid);
  }

  #show({ socket, number }: Reader, { seq, message, delayed }: Logged): void {
    const relay = { id: `${this.log}.${seq}`, logged_at: Date.now(), delayed };
    const params = { subscription: number, message, relay };
    socket.send(JSON.stringify({ jsonrpc: "2.0", method: "message", params }));
  }

  #run(seen: Seen): Promise<Answer | "hold"> {
    this.calls.push(seen);
    this.changed();
    const isMutation = methodOf(seen.method)?.class === "mutation";
    const before = seen.key === undefined ? undefined : this.#settled.get(seen.key);
    if (before !== undefined) return before;
    if (isMutation) this.effects.push(seen);
    const answer = Promise.resolve(this.script(seen));
    if (isMutation && seen.key !== undefined) this.#settled.set(seen.key, answer);
    return answer;
  }
}

export function onlineStatus(more: Params = {}): Params {
  return {
    account: ACCOUNT,
    name: "Anna's Mac",
    agent: {
      state: "online",
      install: "ins_1",
      epoch: 3,
      since: 1_700_000_000_000,
      last_seen: 1_700_000_000_000,
    },
    health: { state: "ok", reason: null, remedy: null },
    engine: { version: "0.9.0", methods: null, pages: false, bridge: null },
    log: { id: "log1", last_seq: 0, database: 1, resume: 0 },
    catch_up: null,
    gateways: 1,
    time: 1_700_000_000_000,
    ...more,
  };
}

export const agentOffline: Answer = refusal("agent_offline", {
  disposition: "not_started",
  retry_safe: true,
});
export const bridgeNeeded: Answer = rpcError(-32602, "Invalid params", "reply_to requires bridge transport");

const ADMIN_ANSWERS: Readonly<Record<string, unknown>> = {
  "GET /v1/health": { ok: true, version: "0.1.0" },
  "POST /v1/tenants": { tenant: "ten_1", name: "default", created_at: 1 },
  "GET /v1/tenants": { tenants: [{ tenant: "ten_1", name: "default", created_at: 1 }] },
  "POST /v1/tenants/ten_1/accounts": { account: ACCOUNT, tenant: "ten_1", name: "default", created_at: 1 },
  "GET /v1/tenants/ten_1/accounts": {
    accounts: [{ account: ACCOUNT, tenant: "ten_1", name: "default", created_at: 1 }],
  },
  "POST /v1/tenants/ten_1/keys": {
    key: "key_0123456789abcdef",
    credential: KEY,
    name: "default gateway",
    scopes: ["rpc", "read", "send", "manage"],
    accounts: [ACCOUNT],
    expires_at: null,
    created_at: 1,
  },
  "GET /v1/tenants/ten_1/keys": {
    keys: [{ key: "key_1", name: "x", scopes: ["rpc"], accounts: null, expires_at: null, created_at: 1 }],
  },
  "DELETE /v1/tenants/ten_1/keys/key_1": { key: "key_1", revoked_at: 2, accounts_reached: 1 },
  [`POST /v1/accounts/${ACCOUNT}/enrolments`]: {
    code: "enr_1",
    url: "https://relay.example.com#enr_1",
    expires_at: 4_000_000_000_000,
  },
  [`GET /v1/accounts/${ACCOUNT}/installs`]: { installs: [{ install: "ins_1", name: "mac" }] },
  [`DELETE /v1/accounts/${ACCOUNT}/installs/ins_1`]: { install: "ins_1", revoked_at: 3 },
};
