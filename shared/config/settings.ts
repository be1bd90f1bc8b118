// THE table of settings: their schemas, defaults and words. The document's validation, the effective view, the
// command line and docs/configuration.md all derive from it. Names are OpenClaw's where it has one.
import * as z from "zod";
import type { TableMode } from "../outbound/tables.ts";

/** What a setting is about; the generated page has a section for each. */
export type Topic = "access" | "groups" | "context" | "sending" | "attachments" | "commands" | "account";

interface Setting<T> {
  /** As it may stand in a document. */
  readonly schema: z.ZodType<T>;
  /** What holds where no document says anything. */
  readonly fallback: T;
  readonly topic: Topic;
  /** One or two sentences for the generated page: what it does, and its unit. */
  readonly says: string;
}

const setting = <T>(topic: Topic, schema: z.ZodType<T>, fallback: T, says: string): Setting<T> => ({
  schema,
  fallback,
  topic,
  says,
});

/** Settings of which the Mac's own file has a wider one, by its name there; the smaller of the two holds (I1). */
export const NARROWS = {
  attachmentRoots: "attachment_roots",
  remoteAttachmentRoots: "attachment_roots",
  mediaMaxMb: "media_max_mb",
} as const;

/** Handles and chat targets in one list, and entries of one list. */
const MAX_LIST_ENTRIES = 1_000;
const MAX_ENTRY_CHARS = 320;
const MAX_GROUPS = 1_000;
export const MAX_MENTION_PATTERNS = 32;
export const MAX_PATTERN_CHARS = 500;
const MAX_HISTORY_LIMIT = 200;
const MAX_MEDIA_MB = 2_000;
const MAX_PAIRING_MESSAGE_CHARS = 2_000;
const MAX_PREFIX_CHARS = 200;
const MAX_ROOTS = 32;
const MAX_COMMAND_NAMES = 100;

const entry = z
  .union([z.string(), z.number()])
  .transform((value) => String(value).trim())
  .pipe(z.string().min(1).max(MAX_ENTRY_CHARS));
const entries = z.array(entry).max(MAX_LIST_ENTRIES);
const group = z.strictObject({ requireMention: z.boolean().exactOptional() });
/** `*` for all groups, the chat's guid, or its number in one Messages database. */
const groupKey = z
  .string()
  .max(MAX_ENTRY_CHARS)
  .regex(/^(\*|chat_guid:\S.*|[1-9]\d{0,14})$/, "must be `chat_guid:…`, a chat's number, or `*`");
/** A segment is a name or a whole `*`; one that leads upwards would make the comparison of paths meaningless. */
const root = z
  .string()
  .max(1_000)
  .startsWith("/", "must be an absolute path")
  .refine(
    (path) => !path.split("/").some((part) => part === "." || part === ".." || /^.+\*|\*.+$/.test(part)),
    "`*` stands for one whole segment of the path, and `.` and `..` are not allowed",
  );

export const SETTINGS = {
  enabled: setting(
    "account",
    z.boolean(),
    true,
    "Whether the channel takes and gives anything. Off until there is any configuration; the RPC tunnel is untouched by it.",
  ),
  name: setting("account", z.string().max(120), "", "A name to show."),
  dmPolicy: setting(
    "access",
    z.enum(["pairing", "allowlist", "open", "disabled"]),
    "pairing",
    "Who may write directly: anybody approved by pairing, only `allowFrom`, everybody (`open` needs `*` in `allowFrom`), nobody.",
  ),
  allowFrom: setting("access", entries, [], "Handles that may write directly; `*` = everybody."),
  groupPolicy: setting(
    "access",
    z.enum(["allowlist", "open", "disabled"]),
    "allowlist",
    "Whose messages in groups are taken: those of `groupAllowFrom`, everybody's, nobody's.",
  ),
  groupAllowFrom: setting<string[] | null>(
    "access",
    entries,
    null,
    "Handles and chats (`chat_guid:…`, `chat_identifier:…`, `chat_id:…`) whose group messages are taken. Absent = `allowFrom`; an empty list = nobody.",
  ),
  groups: setting(
    "groups",
    z
      .record(groupKey, group)
      .refine((groups) => Object.keys(groups).length <= MAX_GROUPS, `at most ${MAX_GROUPS} groups`),
    {},
    "The groups that are taken, by `chat_guid:…`, numeric chat id, or `*` for all; each with `requireMention` (default true). A numeric id counts only in the Messages database in which it was written down.",
  ),
  mentionPatterns: setting(
    "groups",
    z.array(z.string().min(1).max(MAX_PATTERN_CHARS)).max(MAX_MENTION_PATTERNS),
    [],
    "Regular expressions (case does not matter) by which a group message mentions the bot. Without any, `requireMention` cannot be enforced and messages pass.",
  ),
  historyLimit: setting(
    "context",
    z.int().min(0).max(MAX_HISTORY_LIMIT),
    50,
    "How many unmentioned group messages are kept and shown as context of the next one that counts; 0 = none.",
  ),
  reactionNotifications: setting(
    "context",
    z.enum(["off", "own", "all"]),
    "own",
    "Which tapbacks are shown: none, those on messages of ours, all.",
  ),
  dmScope: setting(
    "context",
    z.enum(["main", "per-peer", "per-channel-peer", "per-account-channel-peer"]),
    "per-channel-peer",
    "What a direct chat's `session_key` tells apart.",
  ),
  includeAttachments: setting(
    "attachments",
    z.boolean(),
    false,
    "Whether attachments are shown. Without it a message that is nothing but an attachment is dropped as empty.",
  ),
  attachmentRoots: setting(
    "attachments",
    z.array(root).max(MAX_ROOTS),
    [],
    "Folders on the Mac that attachments may come from; narrows what the Mac's own file allows. `*` = one path segment. /Users/*/Library/Messages/Attachments counts beside them.",
  ),
  remoteAttachmentRoots: setting(
    "attachments",
    z.array(root).max(MAX_ROOTS),
    [],
    "The same as `attachmentRoots`, under the name that OpenClaw uses for a remote Mac.",
  ),
  mediaMaxMb: setting(
    "attachments",
    z.int().min(1).max(MAX_MEDIA_MB),
    16,
    "Largest attachment in MiB, in and out; narrows what the Mac's own file allows.",
  ),
  textChunkLimit: setting(
    "sending",
    z.int().min(1).max(20_000),
    4_000,
    "Longest text of one message, in UTF-16 units; more is split.",
  ),
  chunkMode: setting(
    "sending",
    z.enum(["length", "newline"]),
    "length",
    "How longer texts are split: `length` as late as possible, at a line's or a word's end; `newline` between paragraphs, as many in one message as fit.",
  ),
  service: setting("sending", z.enum(["auto", "imessage", "sms"]), "auto", "The service to send by."),
  region: setting(
    "sending",
    z.string().regex(/^[A-Z]{2}$/, "must be two capital letters, such as US"),
    "US",
    "The region in which local phone numbers are read.",
  ),
  responsePrefix: setting(
    "sending",
    z.string().max(MAX_PREFIX_CHARS),
    "",
    "Put before the text of every reply.",
  ),
  messagesPerMinute: setting(
    "sending",
    z.int().min(0).max(1_000),
    30,
    "Messages that may go to one chat within a minute; more is refused with 429, so that two bots do not talk for ever. 0 = no limit.",
  ),
  newChatsPerHour: setting(
    "sending",
    z.int().min(0).max(1_000),
    20,
    "Conversations that may be begun within an hour with handles to which Messages has no chat yet: Apple locks accounts that write to many strangers. 0 = no limit.",
  ),
  newChatsPerDay: setting("sending", z.int().min(0).max(10_000), 60, "The same within a day. 0 = no limit."),
  markdown: setting<{ tables: TableMode }>(
    "sending",
    z.strictObject({ tables: z.enum(["off", "bullets", "code", "block"]) }),
    { tables: "code" },
    "How Markdown tables in texts to send are rewritten: left alone, as bullets, as a code block (`block` means the same).",
  ),
  pairingMessage: setting(
    "access",
    z.string().max(MAX_PAIRING_MESSAGE_CHARS),
    "",
    "What a stranger is told; `{code}`, `{handle}` and `{name}` are filled in. Empty = our own words.",
  ),
  commands: setting(
    "commands",
    z.strictObject({
      config: z.boolean().exactOptional(),
      ownerAllowFrom: entries.exactOptional(),
      useAccessGroups: z.boolean().exactOptional(),
      names: z
        .array(z.string().regex(/^[a-z][a-z0-9_-]{0,31}$/i, "must be a word without the slash"))
        .max(MAX_COMMAND_NAMES)
        .exactOptional(),
    }),
    {},
    "`config`: whether owners may use `/config` by message (default false). `ownerAllowFrom`: handles of the owners. `names`: control commands of the bot itself, beyond ours. `useAccessGroups` false: everybody may use control commands.",
  ),
  configWrites: setting(
    "commands",
    z.boolean(),
    true,
    "Whether `/config set` and `/config unset` by message may change anything.",
  ),
} as const satisfies Record<string, Setting<never> | Setting<unknown> | { schema: z.ZodType }>;

export type SettingName = keyof typeof SETTINGS;
export const SETTING_NAMES = Object.keys(SETTINGS) as SettingName[];
export const isSettingName = (name: string): name is SettingName => Object.hasOwn(SETTINGS, name);

/** Every setting with a value: what holds for one account. */
export type ChannelConfig = {
  readonly [K in SettingName]: (typeof SETTINGS)[K] extends Setting<infer T> ? T : never;
};

/** What somebody wrote down, at the root or for one account. */
export type Overrides = { readonly [K in SettingName]?: ChannelConfig[K] };

export interface ConfigDocument extends Overrides {
  readonly accounts?: { readonly [account: string]: Overrides };
}

/** Where no document says anything. */
export const DEFAULTS = Object.fromEntries(
  SETTING_NAMES.map((name) => [name, SETTINGS[name].fallback]),
) as unknown as ChannelConfig;
