// Every key of OpenClaw's iMessage channel, and what becomes of it here: each has exactly one place. The import and the
// generated page both read this.
import { MAC_KEYS } from "./mac-keys.ts";
import type { SettingName } from "./settings.ts";

/** `ours`: a setting of ours. `gateway`: only means something inside a gateway. `mac`: the Mac's own file has it. */
export type KeyFate =
  | { readonly kind: "ours"; readonly setting: SettingName }
  | { readonly kind: "gateway"; readonly why: string }
  | { readonly kind: "mac"; readonly command: string };

const ours = (setting: SettingName): KeyFate => ({ kind: "ours", setting });
const gateway = (why: string): KeyFate => ({ kind: "gateway", why });

const STREAMING = "a gateway's streaming of an agent's answer; the relay sends whole messages";
const SESSIONS = "sessions are kept by the gateway";
const TOOLS = "tools are the gateway's";
const VERDICTS = "how a gateway reports on itself";
const BRIDGE = "chosen by the gateway at each call; the relay passes it on";

/** In `channels.imessage`, and in each of its accounts. */
export const CHANNEL_KEYS: Readonly<Record<string, KeyFate>> = {
  enabled: ours("enabled"),
  name: ours("name"),
  capabilities: gateway("hints to a gateway about itself"),
  markdown: ours("markdown"),
  configWrites: ours("configWrites"),
  cliPath: { kind: "mac", command: MAC_KEYS.cliPath },
  dbPath: { kind: "mac", command: MAC_KEYS.dbPath },
  remoteHost: { kind: "mac", command: MAC_KEYS.remoteHost },
  service: ours("service"),
  region: ours("region"),
  dmPolicy: ours("dmPolicy"),
  allowFrom: ours("allowFrom"),
  defaultTo: gateway("where a gateway sends when nobody says; here every send names its target"),
  groupPolicy: ours("groupPolicy"),
  groupAllowFrom: ours("groupAllowFrom"),
  groups: ours("groups"),
  historyLimit: ours("historyLimit"),
  dmHistoryLimit: gateway(SESSIONS),
  dms: gateway(SESSIONS),
  contextVisibility: gateway("what a gateway shows to its agent"),
  includeAttachments: ours("includeAttachments"),
  attachmentRoots: ours("attachmentRoots"),
  remoteAttachmentRoots: ours("remoteAttachmentRoots"),
  mediaMaxMb: ours("mediaMaxMb"),
  textChunkLimit: ours("textChunkLimit"),
  chunkMode: ours("chunkMode"),
  streaming: gateway(STREAMING),
  blockStreaming: gateway(STREAMING),
  blockStreamingCoalesce: gateway(STREAMING),
  responsePrefix: ours("responsePrefix"),
  heartbeat: gateway(VERDICTS),
  heartbeatVisibility: gateway(VERDICTS),
  healthMonitor: gateway("the relay tells how the Mac is by itself"),
  probeTimeoutMs: gateway("how long a gateway waits for the program at `cliPath`"),
  sendTransport: gateway(BRIDGE),
  sendReadReceipts: gateway(BRIDGE),
  reactionNotifications: ours("reactionNotifications"),
  actions: gateway("what a gateway's agent may do; the owner's veto is in the Mac's own file"),
  catchup: gateway("the relay's log always shows what was missed"),
  coalesceSameSenderDms: gateway("imsg joins such messages by itself"),
};

/** At the root of `channels.imessage` only. */
export const CHANNEL_ROOT_KEYS: Readonly<Record<string, KeyFate>> = {
  defaultAccount: gateway("which account a gateway sends from; here every request names its account"),
};

/** In `streaming`, where chunking moved to; the rest of it is the gateway's. */
export const STREAMING_KEYS: Readonly<Record<string, KeyFate>> = { chunkMode: ours("chunkMode") };

/** In an entry of `groups`. */
export const GROUP_KEYS: Readonly<Record<string, KeyFate>> = {
  requireMention: ours("groups"),
  tools: gateway(TOOLS),
  toolsBySender: gateway(TOOLS),
  systemPrompt: gateway("prompts are the gateway's"),
};

/** Elsewhere in a whole file: what bears on the channel. */
export const OUTSIDE_KEYS = {
  "agents.list[].groupChat.mentionPatterns": ours("mentionPatterns"),
  "agents.entries.*.groupChat.mentionPatterns": ours("mentionPatterns"),
  "messages.groupChat.mentionPatterns": ours("mentionPatterns"),
  "messages.groupChat.historyLimit": ours("historyLimit"),
  "messages.responsePrefix": ours("responsePrefix"),
  "messages.inbound": gateway(
    "how long a gateway waits for more; imsg's own wait is `debounce_ms` in agent.jsonc",
  ),
  "session.dmScope": ours("dmScope"),
  "session.groupScope": gateway(SESSIONS),
  "session.identityLinks": gateway(SESSIONS),
  "commands.config": ours("commands"),
  "commands.ownerAllowFrom": ours("commands"),
  "commands.useAccessGroups": ours("commands"),
  "channels.defaults.groupPolicy": ours("groupPolicy"),
  accessGroups: gateway("list their members' handles where the group is named"),
  bindings: gateway("which agent answers is the gateway's choice"),
} as const satisfies Readonly<Record<string, KeyFate>>;
