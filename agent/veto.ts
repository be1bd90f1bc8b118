// I3: what the owner of the Mac forbids. One pure decision over the owner's rules and the relay's narrowing of
// them: every set of rules must allow a call, so that whatever the relay sends can only take away (I1).
import { chatKey } from "../shared/imsg.ts";
import { isSameHandle, mayBeSameHandle, readHandle } from "./handles.ts";

export interface Rules {
  readonly readOnly: boolean;
  /** `allow` undefined = everything. Names, or `group.*`. */
  readonly methods: { readonly allow: readonly string[] | undefined; readonly deny: readonly string[] };
  /** Handles, or `chat_guid:…`. */
  readonly recipients: { readonly allow: readonly string[] | undefined; readonly deny: readonly string[] };
  /** Folders out of which files may be sent; undefined = these rules do not say. */
  readonly sendRoots: readonly string[] | undefined;
}

/** A chat as Messages knows it now; undefined parts could not be found out. */
export interface ChatTarget {
  readonly guid: string;
  readonly participants: readonly string[];
}

export interface CallFacts {
  readonly method: string;
  /** Whether anybody but the caller can notice it. */
  readonly effect: boolean;
  /** Real paths; undefined = there is no such file. */
  readonly files: readonly (string | undefined)[];
  readonly handles: readonly string[];
  /** `unknown` = a selector that leads to no chat. */
  readonly chats: readonly (ChatTarget | "unknown")[];
}

type VetoReason =
  | "read_only"
  | "method_not_allowed"
  | "recipient_not_allowed"
  | "recipient_unknown"
  | "file_not_allowed";
type Verdict = { readonly allowed: true } | { readonly allowed: false; readonly reason: VetoReason };

const ALLOWED: Verdict = { allowed: true };
const forbid = (reason: VetoReason): Verdict => ({ allowed: false, reason });

export const hasRecipientRules = (rules: readonly Rules[]): boolean =>
  rules.some(({ recipients }) => recipients.allow !== undefined || recipients.deny.length > 0);

export function decide(rules: readonly Rules[], facts: CallFacts): Verdict {
  // Without any root no file may be sent: the default is none, not all.
  if (facts.files.length > 0 && rules.every(({ sendRoots }) => sendRoots === undefined))
    return forbid("file_not_allowed");
  for (const rule of rules) {
    const verdict = decideOne(rule, facts);
    if (!verdict.allowed) return verdict;
  }
  return ALLOWED;
}

function decideOne(rules: Rules, facts: CallFacts): Verdict {
  if (rules.readOnly && facts.effect) return forbid("read_only");
  if (!isMethodAllowed(rules, facts.method)) return forbid("method_not_allowed");
  const { sendRoots } = rules;
  if (
    sendRoots !== undefined &&
    !facts.files.every((file) => file !== undefined && isInside(file, sendRoots))
  ) {
    return forbid("file_not_allowed");
  }
  return facts.effect ? decideRecipients(rules, facts) : ALLOWED;
}

function isMethodAllowed({ methods }: Rules, method: string): boolean {
  const matches = (pattern: string): boolean =>
    pattern === "*" ||
    pattern === method ||
    (pattern.endsWith(".*") && method.startsWith(pattern.slice(0, -1)));
  return !methods.deny.some(matches) && (methods.allow === undefined || methods.allow.some(matches));
}

/** A path is inside a root when it is below it, whole names compared. */
const isInside = (file: string, roots: readonly string[]): boolean =>
  roots.some((root) => file.startsWith(root.endsWith("/") ? root : `${root}/`));

function decideRecipients({ recipients }: Rules, { handles, chats }: CallFacts): Verdict {
  if (recipients.allow === undefined && recipients.deny.length === 0) return ALLOWED;
  // Where the owner has said who may be written to, an effect that reaches nobody we know is refused.
  if (handles.length + chats.length === 0 || chats.includes("unknown")) return forbid("recipient_unknown");
  const deny = readEntries(recipients.deny);
  const allow = recipients.allow === undefined ? undefined : readEntries(recipients.allow);
  for (const chat of chats) {
    if (chat === "unknown") continue;
    if (
      deny.chats.has(chatKey(chat.guid)) ||
      chat.participants.some((one) => isListed(one, deny, mayBeSameHandle))
    ) {
      return forbid("recipient_not_allowed");
    }
    if (allow === undefined || allow.chats.has(chatKey(chat.guid))) continue;
    if (chat.participants.length === 0) return forbid("recipient_unknown");
    if (!chat.participants.every((one) => isListed(one, allow, isSameHandle)))
      return forbid("recipient_not_allowed");
  }
  for (const handle of handles) {
    if (isListed(handle, deny, mayBeSameHandle)) return forbid("recipient_not_allowed");
    if (allow !== undefined && !isListed(handle, allow, isSameHandle)) return forbid("recipient_not_allowed");
  }
  return ALLOWED;
}

interface Entries {
  readonly handles: readonly ReturnType<typeof readHandle>[];
  readonly chats: ReadonlySet<string>;
}

function readEntries(entries: readonly string[]): Entries {
  const isChat = (entry: string): boolean => entry.startsWith("chat_guid:");
  return {
    handles: entries.filter((entry) => !isChat(entry)).map(readHandle),
    chats: new Set(entries.filter(isChat).map((entry) => chatKey(entry.slice("chat_guid:".length)))),
  };
}

const isListed = (handle: string, { handles }: Entries, same: typeof isSameHandle): boolean => {
  const read = readHandle(handle);
  return handles.some((entry) => same(entry, read));
};
