// A scripted gateway at the tunnel. Answers are matched by id; notifications and questions are awaited in order.
import { newKey, type Account, type Json, type Key } from "./http.ts";
import { dial, open, type Sock } from "./socket.ts";

export const RPC_V1 = "imsg-relay.v1";

export const bearer = (credential: string): Record<string, string> => ({
  authorization: `Bearer ${credential}`,
});

const keys = new Map<string, Promise<Key>>();

/** The key of scope rpc that a tenant's gateways share, where the test gives them none of their own. */
function rpcKey(tenant: string): Promise<Key> {
  const key = keys.get(tenant) ?? newKey(tenant);
  keys.set(tenant, key);
  return key;
}

export class Gateway {
  readonly sock: Sock;
  readonly key: Key;
  #next = 1;
  /** What came while something else was awaited. */
  readonly #held: Json[] = [];

  private constructor(sock: Sock, key: Key) {
    this.sock = sock;
    this.key = key;
  }

  static async connect(
    { tenant, account }: Account,
    options: { v1?: boolean; key?: Key; client?: string } = {},
  ): Promise<Gateway> {
    const key = options.key ?? (await rpcKey(tenant));
    const protocol: Record<string, string> = options.v1 === true ? { "sec-websocket-protocol": RPC_V1 } : {};
    const name = options.client === undefined ? "" : `?client=${options.client}`;
    const sock = await open(`/v1/accounts/${account}/rpc${name}`, { ...bearer(key.credential), ...protocol });
    return new Gateway(sock, key);
  }

  /** Sends a request and returns its id. */
  request(method: string, params?: Json, extra: Json = {}): number {
    const id = this.#next;
    this.#next += 1;
    this.sock.send({ jsonrpc: "2.0", id, method, ...(params === undefined ? {} : { params }), ...extra });
    return id;
  }

  async answer(id: unknown): Promise<Json> {
    return this.#take((frame) => !("method" in frame) && frame["id"] === id);
  }

  async call(method: string, params?: Json, extra?: Json): Promise<Json> {
    return this.answer(this.request(method, params, extra));
  }

  async subscribe(params: Json = {}): Promise<number> {
    const { result } = (await this.call("watch.subscribe", params)) as { result: { subscription: number } };
    return result.subscription;
  }

  /** The params of the next `message`. */
  async message(): Promise<{ subscription: number; message: Json; relay?: Json }> {
    const { params } = await this.#take((frame) => frame["method"] === "message");
    return params as { subscription: number; message: Json; relay?: Json };
  }

  /** Row ids of the next messages. */
  async rows(count: number): Promise<unknown[]> {
    const ids: unknown[] = [];
    while (ids.length < count) ids.push((await this.message()).message["id"]);
    return ids;
  }

  /** The id of the next `relay.probe`. */
  async probe(): Promise<unknown> {
    return (await this.#take((frame) => frame["method"] === "relay.probe"))["id"];
  }

  /** Whatever came before now and was not taken: the relay answers this in its turn. */
  async leftovers(): Promise<Json[]> {
    await this.call("relay.outcome", { idempotency_key: "nobody" });
    return this.#held.splice(0);
  }

  async #take(wanted: (frame: Json) => boolean): Promise<Json> {
    const at = this.#held.findIndex(wanted);
    const held = at < 0 ? undefined : this.#held.splice(at, 1)[0];
    if (held !== undefined) return held;
    for (;;) {
      const frame = await this.sock.next();
      if (wanted(frame)) return frame;
      this.#held.push(frame);
    }
  }
}

/** The status with which the tunnel's door refuses. */
export async function refusedAt({ account }: Account, headers: Record<string, string>): Promise<Response> {
  return dial(`/v1/accounts/${account}/rpc`, headers);
}
