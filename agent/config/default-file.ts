/** Written at enrolment: every setting an owner may want, each with what it does, none switched on. */
export const DEFAULT_FILE = `// Settings of the imsg-relay agent on this Mac. They are yours: nothing that comes over the network can change
// or widen them. They hold as soon as this file is saved. A mistake in it stops the agent at start and names its
// line; while the agent runs, the settings of before hold until it is mended (see: imsg-relay-agent status).
{
  // The imsg program: a path, or a name on PATH.
  // "cliPath": "/opt/homebrew/bin/imsg",

  // Another Messages database than the one of this user.
  // "dbPath": "~/Library/Messages/chat.db",

  // How long imsg waits for more before it shows what came, in milliseconds. (Holds from the next start on.)
  // "debounce_ms": 250,

  // Nothing passes, either way. The Mac stays connected, and whoever asks is told why. What comes meanwhile is
  // shown once this is taken back.
  // "paused": true,

  // Nothing is sent, marked, edited or deleted from this Mac.
  // "read_only": true,

  // Which methods of imsg may be used: names, or "group.*". Without "allow", all; "deny" always wins.
  // "methods": { "deny": ["message.delete", "chats.delete", "group.*"] },

  // Who may be written to: handles, or "chat_guid:…". A group needs every member allowed, or its own guid.
  // "recipients": { "allow": ["+15551234567", "ada@example.org"], "deny": [] },

  // How much may be sent: messages, reactions, edits, changes of groups, all counted together.
  // "sends": { "per_hour": 60, "per_day": 500 },

  // Folders out of which files may be sent by name. Without it, none.
  // "send_roots": ["~/Pictures/for-the-bot"],

  // Folders out of which attachments may be read; "*" stands for any one folder in between.
  // "attachment_roots": ["~/Library/Messages/Attachments"],

  // The largest attachment, in and out, in MiB.
  // "media_max_mb": 100,

  // The Mac does not fall asleep by itself while the agent runs. "on_power": only while it is plugged in.
  // "keep_awake": "on_power",
}
`;
