// Every invocation this program knows: `--help`, the refusals and the dispatch derive from it.
import type { CommandEntry } from "./command-entry.ts";
import { MAC_COMMANDS } from "./table-macs.ts";
import { MESSAGE_COMMANDS } from "./table-messages.ts";
import { TENANT_COMMANDS } from "./table-tenants.ts";
import { WEBHOOK_COMMANDS } from "./table-webhooks.ts";

const notYet = (what: string): string => `${what} is not available through the relay yet; nothing was done`;

const refused = (
  name: string,
  usage: string,
  summary: string,
  refusal = notYet(name),
): [string, CommandEntry] => [name, { usage: `${name} ${usage}`, summary, refusal }];

export const COMMANDS: ReadonlyMap<string, CommandEntry> = new Map<string, CommandEntry>([
  [
    "rpc",
    {
      usage: "rpc [--json] [--db PATH]",
      summary: "Speak imsg's JSON-RPC on standard input and output, with the Mac behind the relay.",
      more: ["--db is accepted and ignored: the Mac's own file names its database."],
    },
  ],
  [
    "status",
    {
      usage: "status [--json]",
      isStrict: true,
      summary: "Say how the relay, the Mac and Messages are.",
      more: ["--json prints one line; while the relay is away it is the last known one, marked stale."],
    },
  ],
  ...MESSAGE_COMMANDS,
  ...WEBHOOK_COMMANDS,
  ...MAC_COMMANDS,
  ...TENANT_COMMANDS,
  [
    "login",
    {
      usage: "login",
      isStrict: true,
      summary: "Read a connection string from standard input, try it, and keep it for this user alone.",
      more: ["A connection string looks like https://relay.example.com/v1/accounts/acc_…#key_….…"],
    },
  ],
  [
    "setup",
    {
      usage: "setup RELAY_URL [--name NAME] [--json]",
      isStrict: true,
      summary:
        "Create a tenant, an account, a key and an enrolment code in one go (for the relay's operator).",
      more: ["The operator's key is read from IMSG_RELAY_OPERATOR_KEY or from standard input."],
    },
  ],
  [
    "pairing",
    {
      usage: "pairing ACTION [CODE|HANDLE] [--json]",
      isStrict: true,
      summary: "Say who asks for access to the account, let them in, turn them away, or shut them out again.",
      more: [
        "list             who waits, with their codes, and who was let in",
        "approve CODE     let in who was given this code",
        "deny CODE        forget the request; who asks again gets a new code",
        "revoke HANDLE    shut out somebody who was let in by pairing",
        "",
        "The login's key needs the scope manage. --json prints the relay's answer as one line.",
      ],
    },
  ],
  [
    "config",
    {
      usage: "config ACTION … [--tenant TEN_ID] [--json]",
      isStrict: true,
      options: { "--tenant": "value", "--account": "value", "--dry-run": "flag", "--skip-unknown": "flag" },
      summary: "Show and change the settings of the account, or of the tenant.",
      more: [
        "get [PATH]         what holds for the account, and where each value comes from",
        "set PATH VALUE     for example: config set dmPolicy allowlist",
        "unset PATH         what the tenant's document says, or the default, holds again",
        "import FILE        take over the settings of an OpenClaw file (JSON5) or of its channels.imessage block",
        "history            the tenant's versions",
        "show VERSION       one of them",
        "rollback VERSION   bring one back, as a new version",
        "",
        'A path has dots, and brackets and quotes around names with dots in them: groups["chat_guid:a;b"].requireMention.',
        "A value is read as JSON where it is JSON, else as text; quote both for your shell.",
        "",
        "--tenant TEN_ID      work on the tenant's document instead; history, show and rollback always need it",
        "--account NAME=ID    import: which account (acc_…) one of OpenClaw's accounts is; may be repeated",
        "--dry-run            import: only say what would become of every key",
        "--skip-unknown       import: set aside keys that this version does not know",
        "--json               the relay's answer as one line",
        "",
        "The login's key needs the scope manage; with --tenant, IMSG_RELAY_OPERATOR_KEY is used where it is set.",
        "docs/configuration.md lists every setting.",
      ],
    },
  ],
  [
    "group",
    {
      usage: "group --chat-id N [--json]",
      summary: "Show one chat by its number.",
      options: { "--chat-id": "value" },
    },
  ],
  [
    "send-attachment",
    {
      usage: "send-attachment --chat GUID --file FILE [--audio] [--reply-to GUID] [--json]",
      summary: "Send a file of this machine into a chat. It is on the Mac before this is answered.",
      more: ["--transport and --db are accepted and ignored."],
      options: {
        "--chat": "value",
        "--file": "value",
        "--audio": "flag",
        "--reply-to": "value",
        "--transport": "value",
      },
    },
  ],
  refused("send-rich", "--chat GUID --text TEXT", "Send text with effects."),
  refused("tapback", "--chat GUID --message GUID --kind KIND", "React to a message."),
  refused("edit", "--chat GUID --message GUID", "Edit a message."),
  refused("unsend", "--chat GUID --message GUID", "Take a message back."),
  refused("poll", "send|vote …", "Send a poll, or vote."),
  refused("chat-name", "--chat GUID --name NAME", "Rename a group."),
  refused("chat-photo", "--chat GUID", "Change a group's picture."),
  refused("chat-add-member", "--chat GUID --address HANDLE", "Add somebody to a group."),
  refused("chat-remove-member", "--chat GUID --address HANDLE", "Remove somebody from a group."),
  refused("chat-leave", "--chat GUID", "Leave a group."),
  refused(
    "launch",
    "",
    "Start Messages with the bridge.",
    "launch is not available from here: it is done on the Mac itself",
  ),
]);
