import { requireDatabase } from "./database-0.15.ts";
import { Effects } from "./effects.ts";
import type { EngineProcess } from "./engine-process.ts";
import type { JsonObject } from "./json-parse.ts";
import type { WireObject } from "./json-write.ts";
import { selectChat } from "./mutations-0.15.ts";
import { CHAT_KEYS, REPLY_KEYS, StrictParams } from "./params-strict.ts";
import { deliveryFailure, internalError, invalidParams } from "./rpc-failure.ts";
import { directTarget, isService, isTransport, type Target } from "./target.ts";

const KEYS = [
  ...CHAT_KEYS,
  ...REPLY_KEYS,
  "to",
  "text",
  "file",
  // The gateway writes `formatting`, the documents `text_formatting`: all three go.
  "text_formatting",
  "textFormatting",
  "formatting",
  "service",
  "transport",
  "region",
  "allow_sms_fallback",
  "allowSMSFallback",
  "attempt_id",
];
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const NO_SENDING =
  "AppleScript failed: Sending requires Messages.app automation and is only supported on macOS.";

/**
 * `send` and `send.tracked`. By the bridge when it is there and the chat is known, else by AppleScript,
 * which can neither thread a reply nor choose a guid.
 */
export class Send015 {
  readonly #process: EngineProcess;
  readonly #effects: Effects;

  constructor(process: EngineProcess) {
    this.#process = process;
    this.#effects = new Effects(process);
  }

  send(values: JsonObject, method: "send" | "send.tracked"): WireObject {
    const tracked = method === "send.tracked";
    const params = new StrictParams(method, values, KEYS);
    const text = params.string("text") ?? "";
    const file = params.string("file") ?? "";
    const attempt = attemptOf(params, tracked);
    params.objects("text_formatting", "textFormatting", "formatting");
    const service = params.string("service") ?? "auto";
    if (!isService(service)) throw invalidParams("invalid service");
    const transport = (params.string("transport") ?? "auto").toLowerCase();
    if (!isTransport(transport)) throw invalidParams("invalid transport");
    params.string("region");
    params.boolean("allow_sms_fallback", "allowSMSFallback");
    const replyTo = params.string(...REPLY_KEYS) ?? "";
    const where = params.recipientOrChat();
    if (text === "" && file === "") throw invalidParams("text or file is required");
    if (tracked && (text === "" || file !== ""))
      throw invalidParams("send.tracked supports exactly one text message");
    if (tracked && transport === "applescript") throw invalidParams("send.tracked requires bridge transport");
    // Everything the caller could get wrong has been said by now.
    const database = requireDatabase(this.#process.host);
    if (attempt !== undefined && database.world.message(attempt) !== undefined) {
      throw deliveryFailure({
        disposition: "not_started",
        transport: "bridge_v2",
        operation: "send-message",
        detail: "attempt_id already identifies a message; choose a new UUID",
      });
    }
    const target =
      where.by === "to" ? directTarget(database.world, where.to, service) : selectChat(database, where);
    const bridged = this.#bridged(target, transport, tracked, replyTo);
    if (this.#process.options.sending === "linux") throw internalError(NO_SENDING);
    const outgoing = { text, file, guid: attempt, replyTo: replyTo === "" ? undefined : replyTo };
    const row = this.#effects.send(database, target, outgoing, method);
    if (row === undefined) throw internalError(`AppleScript failed: Attachment not found at ${file}`);
    const sent: WireObject = { ok: true, transport: bridged ? "bridge" : "applescript" };
    // A tracked send answers with the guid its caller chose, and with nothing of the database.
    if (tracked) return { ...sent, attempt_id: attempt, guid: row.guid, message_id: row.guid };
    if (this.#process.options.sending === "without_guid") return sent;
    const chat_guid = "chat" in target ? target.chat.guid : target.newGuid;
    // The bridge knows the guid it made, the database look-up of an AppleScript send the rowid too.
    const id = bridged ? undefined : row.rowid;
    return { ...sent, id, guid: row.guid, message_id: row.guid, chat_guid, service: row.service };
  }

  /** Does the send go through the bridge? A chat must exist for it; a reply has no other way. */
  #bridged(target: Target, transport: string, tracked: boolean, replyTo: string): boolean {
    const { bridgeReady } = this.#process.options;
    if (transport !== "applescript" && bridgeReady && "chat" in target) return true;
    if (tracked || transport === "bridge") {
      throw bridgeReady
        ? invalidParams("bridge transport requires an existing chat target")
        : deliveryFailure({
            disposition: "not_started",
            transport: "bridge_v2",
            operation: "send-message",
            detail: "Bridge capability inspection failed before the send was published.",
          });
    }
    if (replyTo !== "") {
      throw invalidParams(
        "reply_to requires bridge transport; AppleScript fallback cannot send threaded replies",
      );
    }
    return false;
  }
}

/** The guid the message will have; in lower case, unlike those Messages makes. */
function attemptOf(params: StrictParams, tracked: boolean): string | undefined {
  const attempt = params.string("attempt_id");
  if (!tracked) {
    if (attempt !== undefined) throw invalidParams("attempt_id is only supported by send.tracked");
    return undefined;
  }
  if (attempt === undefined || !UUID.test(attempt)) throw invalidParams("attempt_id must be a UUID");
  return attempt.toLowerCase();
}
