// I3: what the owner of the Mac forbids. One pure decision over the owner's rules and the relay's narrowing of
// them: every set of rules must allow a call, so that whatever the relay sends can only take away (I1).
import { chatKey } from "../shared/imsg.ts";
import type { MacRule } from "../shared/mac-policy.ts";
import { isSameHandle, mayBeSameHandle, readFolded, readHandle } from "./handles.ts";

export interface Rules {
  /** Nothing at all passes. */
  readonly paused: boolean;
  readonly readOnly: boolean;
  /** `allow` undefined = everything. Names, or `group.*`. */
  readonly methods: { readonly allow: readonly string[] | undefined; readonly deny: readonly string[] };
  /** Handles, or `chat_guid:…`. */
  readonly recipients: { readonly allow: readonly string[] | undefined; readonly deny: readonly string[] };
  /** Folders out of which files may be sent; undefined = these rules do not say. */
  readonly sendRoots: readonly string[] | undefined;
  /** The largest file, in and out, in bytes; undefined = these rules do not say. */
  readonly capBytes: number | undefined;
  /** Mutations that may be begun within that time; undefined = any number. */
  readonly sends: { readonly perHour: number | undefined; readonly perDay: number | undefined };
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
  /** Whether it is one that runs at most once, and is counted. */
  readonly mutation: boolean;
  /** Real paths; undefined = there is no such file. */
  readonly files: readonly (string | undefined)[];
  /** Of the largest of its files, those included that were uploaded for it. */
  readonly largestFile: number;
  /** Mutations begun before it. */
  readonly sent: { readonly lastHour: number; readonly lastDay: number };
  readonly handles: readonly string[];
  /** `unknown` = a selector that leads to no chat. */
  readonly chats: readonly (ChatTarget | "unknown")[];
}

export type VetoReason =
  | "paused"
  | "read_only"
  | "method_not_allowed"
  | "recipient_not_allowed"
  | "recipient_unknown"
  | "file_not_allowed"
  | "file_too_large"
  | "too_many_sends";
interface Forbidden {
  readonly allowed: false;
  readonly reason: VetoReason;
  readonly rule: MacRule;
}
type Judged = { readonly allowed: true } | Forbidden;
/** `set`: whose rule it is; 0 = the first of those that were given. */
type Verdict = { readonly allowed: true } | (Forbidden & { readonly set: number });

const ALLOWED = { allowed: true } as const;
const forbid = (rule: MacRule, reason: VetoReason): Forbidden => ({ allowed: false, reason, rule });

export const hasRecipientRules = (rules: readonly Rules[]): boolean =>
  rules.some(({ recipients }) => recipients.allow !== undefined || recipients.deny.length > 0);

export function decide(rules: readonly Rules[], facts: CallFacts): Verdict {
  // Without any root no file may be sent: the default is none, not all.
  if (facts.files.length > 0 && rules.every(({ sendRoots }) => sendRoots === undefined))
    return { ...forbid("send_roots", "file_not_allowed"), set: 0 };
  for (const [set, rule] of rules.entries()) {
    const judged = decideOne(rule, facts);
    if (!judged.allowed) return { ...judged, set };
  }
  return ALLOWED;
}

function decideOne(rules: Rules, facts: CallFacts): Judged {
  const always = forbiddenAlways(rules, facts);
  if (always !== undefined) return always;
  const { sendRoots, capBytes } = rules;
  if (
    sendRoots !== undefined &&
    !facts.files.every((file) => file !== undefined && isInside(file, sendRoots))
  ) {
    return forbid("send_roots", "file_not_allowed");
  }
  if (capBytes !== undefined && facts.largestFile > capBytes) return forbid("media_max_mb", "file_too_large");
  const judged = facts.effect ? decideRecipients(rules, facts) : ALLOWED;
  return judged.allowed && facts.mutation ? decideCount(rules, facts) : judged;
}

/** What is forbidden whatever is asked of it. */
export function forbiddenAlways(
  rules: Rules,
  { method, effect }: Pick<CallFacts, "method" | "effect">,
): Forbidden | undefined {
  if (rules.paused) return forbid("paused", "paused");
  if (rules.readOnly && effect) return forbid("read_only", "read_only");
  const { allow, deny } = rules.methods;
  const matches = (pattern: string): boolean =>
    pattern === "*" ||
    pattern === method ||
    (pattern.endsWith(".*") && method.startsWith(pattern.slice(0, -1)));
  if (deny.some(matches)) return forbid("methods.deny", "method_not_allowed");
  if (allow !== undefined && !allow.some(matches)) return forbid("methods.allow", "method_not_allowed");
  return undefined;
}

function decideCount({ sends }: Rules, { sent }: CallFacts): Judged {
  if (sends.perHour !== undefined && sent.lastHour >= sends.perHour)
    return forbid("sends.per_hour", "too_many_sends");
  if (sends.perDay !== undefined && sent.lastDay >= sends.perDay)
    return forbid("sends.per_day", "too_many_sends");
  return ALLOWED;
}

/** A path is inside a root when it is below it, whole names compared. */
const isInside = (file: string, roots: readonly string[]): boolean =>
  roots.some((root) => file.startsWith(root.endsWith("/") ? root : `${root}/`));

function decideRecipients({ recipients }: Rules, { handles, chats }: CallFacts): Judged {
  if (recipients.allow === undefined && recipients.deny.length === 0) return ALLOWED;
  // Where the owner has said who may be written to, an effect that reaches nobody we know is refused.
  const either = recipients.allow === undefined ? "recipients.deny" : "recipients.allow";
  if (handles.length + chats.length === 0 || chats.includes("unknown"))
    return forbid(either, "recipient_unknown");
  const deny = readDenied(recipients.deny);
  const isDenied = (handle: string): boolean => isListed(readFolded(handle), deny, mayBeSameHandle);
  const allow = recipients.allow === undefined ? undefined : readAllowed(recipients.allow);
  for (const chat of chats) {
    if (chat === "unknown") continue;
    const members = membersOf(chat);
    if (deny.chats.has(chatKey(chat.guid)) || members.some(isDenied))
      return forbid("recipients.deny", "recipient_not_allowed");
    // It may hold anybody.
    if (members.length === 0 && deny.handles.length > 0)
      return forbid("recipients.deny", "recipient_unknown");
    if (allow === undefined || allow.chats.has(chatKey(chat.guid))) continue;
    if (chat.participants.length === 0) return forbid(either, "recipient_unknown");
    if (!chat.participants.every((one) => isListed(readHandle(one), allow, isSameHandle)))
      return forbid("recipients.allow", "recipient_not_allowed");
  }
  for (const handle of handles) {
    if (isDenied(handle)) return forbid("recipients.deny", "recipient_not_allowed");
    if (allow !== undefined && !isListed(readHandle(handle), allow, isSameHandle))
      return forbid("recipients.allow", "recipient_not_allowed");
  }
  return ALLOWED;
}

/** Of a chat with one person the guid names that person, too. */
function membersOf({ guid, participants }: ChatTarget): readonly string[] {
  const [, one] = /^-;(.+)$/s.exec(chatKey(guid)) ?? [];
  return one === undefined ? participants : [...participants, one];
}

interface Entries<T> {
  readonly handles: readonly T[];
  readonly chats: ReadonlySet<string>;
}

/** Lists of thousands are read once: they are the same until the owner, or the relay, sends others. */
function reader<T>(read: (handle: string) => T): (entries: readonly string[]) => Entries<T> {
  const known = new WeakMap<readonly string[], Entries<T>>();
  const isChat = (entry: string): boolean => entry.startsWith("chat_guid:");
  return (entries) => {
    const before = known.get(entries);
    if (before !== undefined) return before;
    const now = {
      handles: entries.filter((entry) => !isChat(entry)).map(read),
      chats: new Set(entries.filter(isChat).map((entry) => chatKey(entry.slice("chat_guid:".length)))),
    };
    known.set(entries, now);
    return now;
  };
}
const readAllowed = reader(readHandle);
const readDenied = reader(readFolded);

const isListed = <T>(handle: T, { handles }: Entries<T>, same: (entry: T, handle: T) => boolean): boolean =>
  handles.some((entry) => same(entry, handle));
