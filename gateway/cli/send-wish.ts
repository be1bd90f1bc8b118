// What `imsg-relay send …` was asked to do.
import { TextDecoder } from "node:util";
import { idempotencyKeySchema } from "../../shared/jsonrpc.ts";
import { MAX_SENT_ATTACHMENTS } from "../../shared/limits.ts";
import type { MessageToSend } from "../client/channel.ts";
import { mintKey } from "../client/mint-key.ts";
import { MAX_TEXT_BYTES, SEND_WAIT_MS } from "../limits.ts";
import type { Invocation } from "./invocation.ts";
import { spanMs, valueOf } from "./options.ts";

export interface SendWish {
  readonly message: MessageToSend;
  /** Files of this machine that go with it. */
  readonly files: readonly string[];
  /** I7: made here where none was given, so that it can be told whatever happens. */
  readonly key: string;
  /** How long it is followed after the relay's answer; 0 = not at all. */
  readonly waitMs: number;
}

/** imsg's own ways to name a chat, and the targets they are. */
const CHAT_OPTIONS = [
  ["--to", ""],
  ["--chat-id", "chat_id:"],
  ["--chat-guid", "chat_guid:"],
  ["--chat-identifier", "chat_identifier:"],
] as const;

/** Standard input is read only where the text is not on the command line. */
export async function readSendWish(
  invocation: Invocation,
  stdin: AsyncIterable<Uint8Array> & { readonly isTTY?: boolean },
): Promise<SendWish | string> {
  const targets = CHAT_OPTIONS.flatMap(([name, prefix]) =>
    (invocation.options.get(name) ?? []).map((value) => `${prefix}${value}`),
  );
  const [first, ...words] = invocation.words;
  const named = targets[0];
  const to = named ?? first;
  if (targets.length > 1) return "a message goes to one place; give one of --to and --chat-…";
  if (to === undefined || to.trim() === "") return "send needs a target: send +15550100111 Hello";
  const options = readOptions(invocation);
  if (typeof options === "string") return options;
  const typed = typedText(valueOf(invocation, "--text"), named === undefined ? words : invocation.words);
  if (typed === TWICE) return "the text was given twice, as words and as --text";
  const { key, waitMs, ...more } = options;
  const files = invocation.options.get("--attach") ?? [];
  if (files.length > MAX_SENT_ATTACHMENTS)
    return `--attach is for ${MAX_SENT_ATTACHMENTS} files at most; send the others with another message`;
  // Files need no text; a script whose standard input never ends would else wait for one.
  if (typed === NONE && files.length > 0) return { message: { to: to.trim(), ...more }, files, key, waitMs };
  if (typed === NONE && stdin.isTTY === true)
    return "send needs a text, after the target or on standard input";
  const text = typeof typed === "string" ? typed : await readText(stdin);
  if (text === undefined)
    return `standard input is no text in UTF-8 of at most ${MAX_TEXT_BYTES / 1_024} KiB`;
  if (text.trim() === "") return "there is no text to send";
  return { message: { to: to.trim(), text, ...more }, files, key, waitMs };
}

const TWICE = Symbol("given twice");
const NONE = Symbol("not given");
const STDIN = Symbol("on standard input");

function typedText(
  option: string | undefined,
  words: readonly string[],
): string | typeof TWICE | typeof NONE | typeof STDIN {
  if (option !== undefined && words.length > 0) return TWICE;
  if (option === undefined && words.length === 0) return NONE;
  const text = option ?? words.join(" ");
  return text === "-" ? STDIN : text;
}

type Options = Omit<MessageToSend, "to" | "reply_to" | "text" | "attachments"> &
  Pick<SendWish, "key" | "waitMs">;

function readOptions(invocation: Invocation): Options | string {
  const { options } = invocation;
  const service = valueOf(invocation, "--service");
  if (service !== undefined && service !== "imessage" && service !== "sms" && service !== "auto")
    return "--service is imessage, sms or auto";
  const key = valueOf(invocation, "--key") ?? mintKey();
  if (!idempotencyKeySchema.safeParse(key).success)
    return "--key is the name of this sending: 1 to 128 visible ASCII characters";
  const isQueued = options.has("--queue");
  const ttl = valueOf(invocation, "--ttl");
  const ttlMs = ttl === undefined ? undefined : spanMs(ttl);
  if (ttl !== undefined && !isQueued) return "--ttl says how long --queue may wait, and needs it";
  if (ttl !== undefined && (ttlMs === undefined || ttlMs === 0 || ttlMs > MAX_TTL_MS))
    return "--ttl is 1s to 24h, such as 90s, 10m or 2h";
  const wait = valueOf(invocation, "--wait");
  const waitMs = wait === undefined ? 0 : wait === "" ? SEND_WAIT_MS : spanMs(wait);
  if (waitMs === undefined || waitMs > MAX_TTL_MS) return "--wait is 0s to 24h, such as 90s, 10m or 2h";
  const quoted = valueOf(invocation, "--reply-to");
  return {
    key,
    waitMs,
    ...(quoted === undefined ? {} : { reply_to_guid: quoted }),
    ...(service === undefined ? {} : { service }),
    ...(options.has("--plain") ? { format: "plain" } : {}),
    ...(isQueued ? { queue: true } : {}),
    ...(ttlMs === undefined ? {} : { ttl_s: ttlMs / 1_000 }),
  };
}

/** As long as the relay lets a message wait for the Mac. */
const MAX_TTL_MS = 24 * 3_600_000;

/** Without the line end that most programs write last; undefined where it is too long, or no text. */
async function readText(stdin: AsyncIterable<Uint8Array>): Promise<string | undefined> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of stdin) {
    bytes += chunk.length;
    if (bytes > MAX_TEXT_BYTES) return undefined;
    chunks.push(chunk);
  }
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(Buffer.concat(chunks)).replace(/\r?\n$/, "");
  } catch {
    return undefined;
  }
}
