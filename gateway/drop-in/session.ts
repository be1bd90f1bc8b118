import * as z from "zod";
import { parseJson } from "../../shared/json.ts";
import { encodeAnswer, readIncoming, RPC, rpcError, type Answer, type RpcId } from "../../shared/jsonrpc.ts";
import { MAX_JSON_DEPTH } from "../../shared/limits.ts";
import type { CallOptions } from "../client/ledger.ts";
import type { ChatList } from "./chat-list.ts";
import type { Joins } from "./joins.ts";
import { fileOf, notSent, withFile, type UploadFile } from "./outbound-file.ts";
import type { WatchDesk } from "./watch-desk.ts";
import { reword } from "./wording.ts";

/** Where the outcome of a line goes. */
export interface Caller {
  /** What a line gets: an answer, or nothing where it was a notification. Runs once. */
  respond(line: string | undefined): void;
  /** The same thing was in flight already: it is known to the relay under this key and not under the caller's. */
  joined?(key: string): void;
}

interface SessionParts {
  readonly call: (method: string, params: unknown, options: CallOptions) => Promise<Answer>;
  readonly chats: ChatList;
  readonly joins: Joins;
  /** Undefined for a sibling: a subscription wants a connection of its own. */
  readonly desk: WatchDesk | undefined;
  readonly mintKey: () => string;
  /** Brings a file to the Mac. Undefined for a sibling: asked again under its key, it would name another upload. */
  readonly upload: UploadFile | undefined;
  /** Started without `--json`: an older gateway, which sends again after 10 s. */
  readonly isOld: boolean;
}

const keySchema = z.string().regex(/^[\x21-\x7e]{1,128}$/);

/** One gateway's conversation: takes its lines as `imsg rpc` would, and answers as imsg would. */
export class Session {
  readonly #parts: SessionParts;

  constructor(parts: SessionParts) {
    this.#parts = parts;
  }

  /** `key`: the idempotency key to use, where the line comes from a sibling that may have to ask again. */
  handle(text: string, key: string | undefined, caller: Caller): void {
    const json = parseJson(text);
    if (!json.ok) {
      caller.respond(encodeAnswer(null, json.error === "too_deep" ? tooDeep : notJson));
      return;
    }
    const incoming = readIncoming(json.value);
    if (incoming.kind === "notification") {
      this.#dispatch(incoming.method, incoming.params, key, caller, () => caller.respond(undefined));
      return;
    }
    if (incoming.kind !== "request") {
      caller.respond(
        encodeAnswer(incoming.id, rpcError(RPC.invalid_request, "Invalid Request", whyInvalid(incoming))),
      );
      return;
    }
    const { id, method, params, idempotency_key } = incoming.request;
    const own = keySchema.safeParse(idempotency_key);
    this.#dispatch(method, params, own.success ? own.data : key, caller, answerTo(id, caller));
  }

  #dispatch(
    method: string,
    params: unknown,
    key: string | undefined,
    caller: Caller,
    answer: (answer: Answer) => void,
  ): void {
    const { desk } = this.#parts;
    if (method === "watch.subscribe" || method === "watch.unsubscribe") {
      if (desk === undefined)
        answer(rpcError(RPC.internal, "Internal error", "no subscriptions over a lent connection"));
      else if (method === "watch.subscribe") desk.subscribe(params, answer);
      else answer(desk.unsubscribe(params));
      return;
    }
    void this.#run(method, params, key, caller).then(answer);
  }

  #run(method: string, params: unknown, key: string | undefined, caller: Caller): Promise<Answer> {
    const { call, chats, joins, isOld, mintKey, upload } = this.#parts;
    // The window of the tunnel is ours to move.
    if (method.startsWith("relay."))
      return Promise.resolve(rpcError(RPC.method_not_found, "Method not found", method));
    if (method === "chats.list") return chats.list(params);
    const file = fileOf(params);
    if (file !== undefined && upload === undefined)
      return Promise.resolve(notSent({ why: "it needs a connection of its own" }));
    const start = (idempotencyKey: string): Promise<Answer> =>
      file === undefined
        ? call(method, params, { idempotencyKey })
        : this.#send(method, params, file, idempotencyKey);
    const own = key ?? mintKey();
    if (!isOld || method !== "send") return start(own);
    const joined = joins.run(method, params, own, start);
    if (joined.key !== own) caller.joined?.(joined.key);
    return joined.answer;
  }

  /** The file first: the gateway may delete it as soon as it has its answer. */
  async #send(method: string, params: unknown, file: string, idempotencyKey: string): Promise<Answer> {
    const uploaded = (await this.#parts.upload?.(file)) ?? { why: "no way to the Mac" };
    if ("why" in uploaded) return notSent(uploaded);
    return this.#parts.call(method, withFile(params, uploaded.reference), { idempotencyKey });
  }
}

const tooDeep: Answer = rpcError(RPC.invalid_request, "Invalid Request", {
  detail: "nested too deep",
  limit: MAX_JSON_DEPTH,
});
const notJson: Answer = rpcError(RPC.parse, "Parse error", "not valid JSON");

const answerTo =
  (id: RpcId, caller: Caller) =>
  (answer: Answer): void =>
    caller.respond(encodeAnswer(id, reword(answer)));

const whyInvalid = (incoming: { kind: "answer" } | { kind: "invalid"; why: string }): string =>
  incoming.kind === "invalid" ? incoming.why : "method is required";
