// docs/configuration.md, as the table of settings says it. `npm run docs` writes it; a test says when it is stale.
import { MAX_CONFIG_BYTES } from "../shared/config/document.ts";
import {
  CHANNEL_KEYS,
  CHANNEL_ROOT_KEYS,
  GROUP_KEYS,
  OUTSIDE_KEYS,
  type KeyFate,
} from "../shared/config/openclaw-keys.ts";
import { NARROWS, SETTING_NAMES, SETTINGS, type SettingName, type Topic } from "../shared/config/settings.ts";
import { typeWords } from "./type-words.ts";

const TOPICS: Readonly<Record<Topic, string>> = {
  account: "The account",
  access: "Who may write",
  groups: "Groups",
  context: "What is shown, and as which conversation",
  attachments: "Attachments",
  sending: "Sending",
  commands: "Commands by message",
};

/** Shown on the page, and checked like any other. */
export const EXAMPLE = `{
  "dmPolicy": "pairing",
  "allowFrom": ["+15551234567", "ada@example.org"],
  "groups": {
    "*": { "requireMention": true },
    "chat_guid:any;+;chat831": { "requireMention": false }
  },
  "mentionPatterns": ["\\\\b@?molty\\\\b"],
  "includeAttachments": true,
  "commands": { "config": true, "ownerAllowFrom": ["+15551234567"] },
  "accounts": {
    "acc_0123456789abcdef": { "name": "The shop's Mac", "dmPolicy": "open", "allowFrom": ["*"] }
  }
}`;

export function configurationPage(): string {
  const topics = Object.keys(TOPICS) as Topic[];
  return [
    "<!-- Written by `npm run docs` from shared/config/settings.ts; do not edit. -->",
    "# Configuration",
    INTRODUCTION,
    `\`\`\`json\n${EXAMPLE}\n\`\`\``,
    CHANGING,
    "## Settings",
    ...topics.flatMap((topic) => [`### ${TOPICS[topic]}`, table(HEADINGS, namesOf(topic).map(settingRow))]),
    NARROWING,
    table(
      ["here", "in agent.jsonc"],
      Object.entries(NARROWS).map(([name, own]) => [code(name), code(own)]),
    ),
    IMPORTING,
    `These mean the same here: ${kept().map(code).join(", ")}.`,
    table(["in OpenClaw's file", "what becomes of it"], importRows()),
    "",
  ].join("\n\n");
}

const INTRODUCTION = `What the relay lets through, shows and sends is decided by one JSON document a tenant. At its root stands what holds for all accounts of the tenant; under \`accounts\` what one of them has otherwise. The names are OpenClaw's wherever it has the setting too.

As long as nothing was ever set for a tenant, its accounts are switched off there (\`enabled\` counts as false): the gateway behind the RPC tunnel may have rules of its own, and strangers must not hear from two. The first version of the document, whatever it says, switches them all on: \`config set enabled true\` is enough.

An account's value takes the place of the root's as a whole: lists and maps are not merged. Four settings differ. \`attachmentRoots\` and \`remoteAttachmentRoots\` of both count together. \`enabled: false\` at the root switches every account off. An account's empty \`groups\` says nothing as long as there is at most one account in the document.

A document is checked as a whole and taken or refused as a whole, with every problem named: an unknown key with the known one nearest to it, a wrong value with what is allowed. It may be ${MAX_CONFIG_BYTES / 1024} KiB long. Nothing is set by \`null\`: leave a key out instead. Two rules hold between settings: \`dmPolicy\` open needs \`*\` in the \`allowFrom\` that counts there, and allowlist needs at least one entry in it.

What is allowed and probably not meant is a warning, shown at every change, in \`imsg-relay config get\` and in the account's status: \`dmPolicy\` open, chats among the handles of \`allowFrom\`, group messages that can never pass, \`requireMention\` without any pattern, chats named by their number.`;

const CHANGING = `## How to change it

Every change makes a new version, with who made it and which settings changed; any version can be brought back. All of it needs a key of scope \`manage\`.

**By command line.** After \`imsg-relay login\` these work on the account of the login; with \`--tenant TEN_ID\` on the tenant's document (with the operator's key where \`IMSG_RELAY_OPERATOR_KEY\` holds it).

\`\`\`
imsg-relay config get [PATH] [--json]
imsg-relay config set PATH VALUE
imsg-relay config unset PATH
imsg-relay config import FILE [--account NAME=acc_…]… [--dry-run] [--skip-unknown]
imsg-relay config history --tenant TEN_ID
imsg-relay config show VERSION --tenant TEN_ID
imsg-relay config rollback VERSION --tenant TEN_ID
\`\`\`

A path is written with dots, and with brackets and quotes around a name that has dots, brackets or spaces in it: \`groups["chat_guid:any;+;chat831"].requireMention\` (quote it for your shell). A value is read as JSON where it is JSON, else as text: \`config set dmPolicy open\`, \`config set mediaMaxMb 8\`, \`config set allowFrom '["+15551234567"]'\`.

**By HTTP.** \`GET\`, \`PUT\` (the whole) and \`PATCH\` (a JSON merge patch, RFC 7396: \`null\` unsets) on \`/v1/tenants/{tenant}/config\`, and on \`/v1/accounts/{account}/config\` for one account's overrides. With \`If-Match: "<version>"\` a change is refused with 409 if somebody else was faster. A refusal has a member \`problems\`: \`[{path, problem, value, nearest?}]\`. \`GET …/config/history\`, \`GET …/config/history/{version}\` and \`POST …/config/rollback {"version": 7}\` are the tenant's.

**By message.** An owner (\`commands.ownerAllowFrom\`) writes \`/config show dmPolicy\`, \`/config set dmPolicy open\` or \`/config unset dmPolicy\` to the bot, where \`commands.config\` is true and \`configWrites\` is not false. It works on the account the message came to.`;

const NARROWING = `## What the Mac's owner has the last word in

The relay can never choose what the Mac runs or reads: \`cliPath\`, \`dbPath\` and \`remoteHost\` are refused here, and live in the Mac's own \`agent.jsonc\`. These settings have a wider one there; what counts is what both allow.`;

const IMPORTING = `## From OpenClaw

\`imsg-relay config import ~/.openclaw/openclaw.json\` reads a whole file or only its \`channels.imessage\` block, says where every key went, and changes nothing if any value is wrong (\`--dry-run\`: in any case). \`--account NAME=acc_…\` says which account of the relay one of OpenClaw's is; it may be given several times. \`--skip-unknown\` sets keys aside that this version does not know.

\`session.dmScope\` is written down as \`main\` where a whole file does not say it, because that is OpenClaw's default and not ours. \`channels.defaults.groupPolicy\` counts only where it closes.`;

const HEADINGS = ["setting", "type", "default", "what it does"];

const namesOf = (topic: Topic): SettingName[] =>
  SETTING_NAMES.filter((name) => SETTINGS[name].topic === topic);

function settingRow(name: SettingName): string[] {
  const { schema, fallback, says } = SETTINGS[name];
  return [code(name), typeWords(schema), fallback === null ? "absent" : code(JSON.stringify(fallback)), says];
}

const kept = (): string[] =>
  Object.entries(CHANNEL_KEYS).flatMap(([key, fate]) =>
    fate.kind === "ours" && fate.setting === key ? [key] : [],
  );

/** One row a fate: several keys share most of them. */
function importRows(): string[][] {
  const rows = new Map<string, string[]>([
    [code("chunkMode"), [code("streaming.chunkMode")]],
    [`${code("accounts.acc_…")}, where \`--account NAME=acc_…\` says which`, [code("accounts.NAME")]],
  ]);
  const add = (fates: Readonly<Record<string, KeyFate>>, prefix: string): void => {
    for (const [key, fate] of Object.entries(fates)) {
      if (fate.kind === "ours" && (prefix !== "" || fate.setting === key)) continue;
      const words = fateWords(key, fate);
      rows.set(words, [...(rows.get(words) ?? []), code(`${prefix}${key}`)]);
    }
  };
  add(CHANNEL_KEYS, "");
  add(CHANNEL_ROOT_KEYS, "");
  add(GROUP_KEYS, "groups.*.");
  add(OUTSIDE_KEYS, "");
  return [...rows].map(([words, keys]) => [keys.join(", "), words]);
}

function fateWords(key: string, fate: KeyFate): string {
  if (fate.kind === "ours") return code(key.startsWith(`${fate.setting}.`) ? key : fate.setting);
  return fate.kind === "gateway" ? `not here: ${fate.why}` : `the Mac's own: ${fate.command}`;
}

const code = (text: string): string => `\`${text}\``;

const table = (headings: readonly string[], rows: readonly (readonly string[])[]): string =>
  [headings, headings.map(() => "---"), ...rows]
    .map((cells) => `| ${cells.map(cell).join(" | ")} |`)
    .join("\n");

const cell = (text: string): string => text.replaceAll("|", String.raw`\|`).replaceAll("\n", " ");
