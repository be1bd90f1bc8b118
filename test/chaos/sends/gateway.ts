// A gateway with a key of its own, over a wire that may break. A asks through the tunnel with our client library, B by
// POST; both know the channel API.
import { connect } from "../../../gateway/client/connect.ts";
import type { Tunnel } from "../../../gateway/client/tunnel.ts";
import { wsDial } from "../../../gateway/node/ws-dial.ts";
import { http, type HttpAnswer } from "../../e2e/http.ts";
import { TIMES } from "../../faults/stage.ts";
import { CHUNK_CHARS } from "./plan.ts";
import { NOTHING, readMessageAnswer, readRpcAnswer, rpcAnswerOf, type Saying } from "./told.ts";
import type { GatewayName, Wish } from "./wish.ts";

/** A chat, as both doors name it. */
export interface Place {
  /** Its guid in this database. */
  readonly chat: string;
  /** For the channel API. */
  readonly to: string;
  /** For imsg. */
  readonly params: Readonly<Record<string, unknown>>;
}

/** Beyond it nobody waits for an answer; a seed is over by then. */
const ASK_MS = 12_000;

export class Gateway {
  readonly name: GatewayName;
  readonly #accountUrl: string;
  readonly #key: string;
  readonly #tunnel: Tunnel | undefined;

  constructor(name: GatewayName, origin: string, account: string, key: string) {
    this.name = name;
    this.#accountUrl = `${origin}/v1/accounts/${account}`;
    this.#key = key;
    this.#tunnel =
      name === "A" ? connect({ relay: origin, account, key, dial: wsDial, times: TIMES }) : undefined;
  }

  /** Once, but for what the client library asks again by itself. Rejects only where an answer is nonsense. */
  async ask(wish: Wish, place: Place): Promise<Saying> {
    if (wish.door === "messages") {
      const answer = await this.#post("messages", wish.key, bodyOf(wish, place));
      return answer === undefined ? NOTHING : readMessageAnswer(answer);
    }
    const params = { ...place.params, text: wish.text };
    if (this.#tunnel !== undefined) {
      const options = { idempotencyKey: wish.key, timeoutMs: ASK_MS };
      const saying = readRpcAnswer(await this.#tunnel.call("send", params, options));
      // What the library says on its own behalf: it does not know either.
      const isOwn = saying.outcome === "unknown" && saying.said.includes("idempotency_key");
      return isOwn ? { ...saying, outcome: "nothing" } : saying;
    }
    const body = { jsonrpc: "2.0", id: 1, method: "send", params };
    const answer = await this.#post("rpc", wish.key, body);
    if (answer === undefined) return NOTHING;
    if (answer.status !== 200) return { ...NOTHING, code: String(answer.status), said: answer.text };
    return readRpcAnswer(rpcAnswerOf(answer.json()));
  }

  /** What is still queued is not sent. Undefined where the connection broke. */
  cancel(operation: string): Promise<HttpAnswer | undefined> {
    return this.#http(`operations/${operation}`, { method: "DELETE" });
  }

  close(): void {
    this.#tunnel?.close();
  }

  #post(what: string, key: string, body: unknown): Promise<HttpAnswer | undefined> {
    return this.#http(what, { method: "POST", body, headers: { "idempotency-key": key } });
  }

  async #http(what: string, ask: Parameters<typeof http>[1]): Promise<HttpAnswer | undefined> {
    try {
      return await http(`${this.#accountUrl}/${what}`, { ...ask, key: this.#key });
    } catch {
      return undefined;
    }
  }
}

const bodyOf = ({ text, parts, queue, ttlS }: Wish, { to }: Place): Record<string, unknown> => ({
  to,
  text,
  ...(parts > 1 ? { chunk_mode: "newline" } : {}),
  ...(queue ? { queue: true } : {}),
  ...(ttlS === undefined ? {} : { ttl_s: ttlS }),
});

/** Settings under which texts are split where they are meant to be, and as many go to one chat as a seed wants. */
export const SENDING = { textChunkLimit: CHUNK_CHARS, messagesPerMinute: 0 } as const;
