// Files as a user of OpenClaw has them.

interface Sample {
  readonly value: unknown;
  /** The one place of the report where it is named. */
  readonly fate: "applied" | "notHere" | "forTheMac";
  /** What must stand beside it for the value to be right. */
  readonly with?: Readonly<Record<string, unknown>>;
}
const ours = (value: unknown, others?: Readonly<Record<string, unknown>>): Sample => ({
  value,
  fate: "applied",
  ...(others === undefined ? {} : { with: others }),
});
const gateways = (value: unknown): Sample => ({ value, fate: "notHere" });
const macs = (value: unknown): Sample => ({ value, fate: "forTheMac" });

/** Every key of `channels.imessage` in any version since spring 2026, typed from its reference and not from our table. */
export const KEYS_OF_THE_CHANNEL: Readonly<Record<string, Sample>> = {
  enabled: ours(true),
  name: ours("Mac mini"),
  defaultAccount: gateways("work"),
  accounts: ours({}),
  capabilities: gateways(["reactions"]),
  markdown: ours({ tables: "bullets" }),
  configWrites: ours(false),
  cliPath: macs("/usr/local/bin/imsg-ssh"),
  dbPath: macs("~/Library/Messages/chat.db"),
  remoteHost: macs("me@mac.local"),
  service: ours("auto"),
  region: ours("US"),
  dmPolicy: ours("open", { allowFrom: ["*"] }),
  allowFrom: ours(["+15551234567", 15551234568]),
  defaultTo: gateways("+15551234567"),
  groupPolicy: ours("disabled"),
  groupAllowFrom: ours([]),
  groups: ours({ "*": { requireMention: true } }),
  historyLimit: ours(0),
  dmHistoryLimit: gateways(20),
  dms: gateways({ "+15551234567": { historyLimit: 0 } }),
  contextVisibility: gateways("all"),
  includeAttachments: ours(true),
  attachmentRoots: ours(["/Users/*/Library/Messages/Attachments"]),
  remoteAttachmentRoots: ours(["/Volumes/relay/attachments"]),
  mediaMaxMb: ours(16),
  textChunkLimit: ours(4_000),
  chunkMode: ours("length"),
  streaming: gateways({ block: { enabled: true, coalesce: { minChars: 1 } } }),
  blockStreaming: gateways(true),
  blockStreamingCoalesce: gateways({ minChars: 1, maxChars: 2, idleMs: 3 }),
  responsePrefix: ours("[bot] "),
  heartbeat: gateways({ showOk: true }),
  heartbeatVisibility: gateways({ showOk: true }),
  healthMonitor: gateways({ enabled: false }),
  probeTimeoutMs: gateways(10_000),
  sendTransport: gateways("bridge"),
  sendReadReceipts: gateways(true),
  reactionNotifications: ours("all"),
  actions: gateways({ polls: false }),
  catchup: gateways({ enabled: true }),
  coalesceSameSenderDms: gateways(true),
};

/** As its JSON5 parses. */
export const WHOLE_FILE: unknown = {
  gateway: { port: 18_789, bind: "loopback" },
  agents: {
    defaults: { workspace: "~/.openclaw/workspace", mediaMaxMb: 5 },
    list: [
      { id: "main", groupChat: { mentionPatterns: ["@?molty"] }, identity: { name: "Molty" } },
      { id: "ada", identity: { name: "Ada Bot", emoji: "🦞" } },
    ],
  },
  bindings: [{ agentId: "ada", match: { channel: "imessage", accountId: "work" } }],
  accessGroups: { friends: { members: ["+15550000002"] } },
  messages: {
    groupChat: { historyLimit: 80 },
    responsePrefix: "[{identity.name}]",
    inbound: { debounceMs: 500, byChannel: { imessage: 0 } },
  },
  session: { identityLinks: { anna: ["imessage:+15551234567"] } },
  commands: {
    native: "auto",
    config: true,
    ownerAllowFrom: ["imessage:+15551234567", "discord:1234", "+15550000001"],
  },
  channels: {
    defaults: { groupPolicy: "allowlist" },
    telegram: { enabled: true, botToken: "x" },
    imessage: {
      enabled: true,
      defaultAccount: "home",
      cliPath: "/opt/openclaw/imsg-ssh",
      remoteHost: "anna@mac.tail.ts.net",
      dmPolicy: "pairing",
      allowFrom: ["+15551234567", 15557654321],
      groupAllowFrom: ["+15551234567", "chat_guid:any;+;chat900", "accessGroup:friends"],
      groups: { "*": { requireMention: true }, "42": { requireMention: false, systemPrompt: "Be brief." } },
      includeAttachments: true,
      remoteAttachmentRoots: ["/Users/*/Library/Messages/Attachments"],
      mediaMaxMb: 32,
      streaming: { chunkMode: "newline", block: { enabled: true } },
      service: "imessage",
      actions: { polls: false },
      accounts: {
        home: { region: "US" },
        work: {
          name: "Work",
          dbPath: "/Users/work/Library/Messages/chat.db",
          dmPolicy: "allowlist",
          allowFrom: ["boss@example.org"],
        },
      },
    },
  },
};
