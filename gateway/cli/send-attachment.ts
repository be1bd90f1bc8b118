// `send-attachment`: what gateways call to send a file into a chat. The file is on the Mac before this is answered.
import { chatKey } from "../../shared/imsg.ts";
import { RPC, type Answer } from "../../shared/jsonrpc.ts";
import { MAX_NOTED_CHATS } from "../../shared/limits.ts";
import { AccountHttp } from "../client/account.ts";
import { AttachmentsHttp } from "../client/attachments.ts";
import { rewordError } from "../drop-in/wording.ts";
import { attachmentUpload } from "../drop-in/attachment-upload.ts";
import { bytesFetch } from "../node/bytes-fetch.ts";
import { sha256 } from "../node/sha256.ts";
import { asking, type Asking } from "./asking.ts";
import { listChats } from "./chat-list.ts";
import { EXIT, type ExitCode } from "./exit-codes.ts";
import type { Invocation } from "./invocation.ts";
import { valueOf } from "./options.ts";

interface FileWish {
  readonly chat: string;
  readonly file: string;
  /** As a voice message: only the bridge on the Mac can. */
  readonly audio: boolean;
  readonly replyTo: string | undefined;
}

export const sendAttachment = asking<FileWish>("send-attachment", { read, run: send, scope: "rpc" });

function read(invocation: Invocation): FileWish | string {
  const [chat, file] = [valueOf(invocation, "--chat"), valueOf(invocation, "--file")];
  if (chat === undefined || file === undefined) return "send-attachment needs --chat and --file";
  return { chat, file, audio: invocation.options.has("--audio"), replyTo: valueOf(invocation, "--reply-to") };
}

async function send(wish: FileWish, { target, json, say, note }: Asking): Promise<ExitCode> {
  const fail = (outcome: "not_sent" | "unknown", why: string): ExitCode => {
    if (json) say(JSON.stringify({ success: false, outcome, error: why }));
    else note(why);
    return outcome === "unknown" ? EXIT.unknown : EXIT.failed;
  };
  const where = await whereOf(wish.chat, target);
  const uploaded = await attachmentUpload(new AttachmentsHttp({ ...target, bytesFetch, sha256 }))(wish.file);
  if ("why" in uploaded) return fail("not_sent", `the file was not sent: ${uploaded.why}`);
  const params = {
    ...where,
    file: uploaded.reference,
    ...(wish.audio ? { audio: true } : {}),
    ...(wish.replyTo === undefined ? {} : { reply_to: wish.replyTo }),
  };
  const answer: Answer = await new AccountHttp(target).rpc(wish.audio ? "send.attachment" : "send", params);
  if ("error" in answer) {
    const { code, message, data } = rewordError(answer.error);
    if (code === RPC.may_have_completed)
      return fail("unknown", "the file may have been sent, and nobody can say yet; do not send it again");
    // imsg says what is wrong in `data` (`reply_to requires bridge transport`): gateways act upon it.
    return fail("not_sent", typeof data === "string" ? `${message}: ${data}` : message);
  }
  const result = typeof answer.result === "object" ? answer.result : {};
  say(json ? JSON.stringify({ success: true, ...result }) : "Sent.");
  return EXIT.done;
}

/** The Mac's own guid of that chat: gateways make theirs of what they know. Nobody's yet: whom it is with. */
async function whereOf(chat: string, target: Asking["target"]): Promise<Record<string, string>> {
  const { chats } = await listChats(target, MAX_NOTED_CHATS);
  const known = chats.find(({ guid }) => chatKey(guid) === chatKey(chat));
  const handle = /^[^;]*;-;(.+)$/.exec(chat)?.[1];
  return known === undefined && handle !== undefined ? { to: handle } : { chat_guid: known?.guid ?? chat };
}
