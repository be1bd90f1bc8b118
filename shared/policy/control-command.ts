// Control commands (openclaw-imessage-channel.md §2.5): ours, which need an owner, and the bot's own.
import type { Command, PolicyContext } from "./decision.ts";
import { isListedDirect, listsHandle, listsInGroup } from "./sender-gate.ts";
import type { View } from "./view.ts";

/** Answered by the relay itself. */
const RELAY_COMMANDS: ReadonlySet<string> = new Set(["config", "pairing", "status"]);

const COMMAND = /^\/([a-z][a-z0-9_-]{0,31})(?::|\s|$)/i;

/** The control command that a text is; undefined where it is none that anybody declared. */
export function parseCommand(text: string, names: ReadonlySet<string>): Command | undefined {
  const trimmed = text.trim();
  const match = COMMAND.exec(trimmed);
  const name = match?.[1]?.toLowerCase();
  if (match === null || name === undefined) return undefined;
  if (!RELAY_COMMANDS.has(name) && !names.has(name)) return undefined;
  return { name, args: trimmed.slice(match[0].length).trim() };
}

/** `relay`: ours to carry out · `bot`: the bot's, authorised · `ordinary`: a text like any other · `refused`. */
type Standing = "relay" | "bot" | "ordinary" | "refused";

export function standingOf(command: Command, view: View, context: PolicyContext): Standing {
  const isOurs = RELAY_COMMANDS.has(command.name);
  if (isOurs && isOwner(view, context)) return "relay";
  if (!isOurs && isAuthorised(view, context)) return "bot";
  return view.isGroup ? "refused" : "ordinary";
}

const isOwner = ({ sender }: View, { rules }: PolicyContext): boolean =>
  sender !== "" && rules.owners.has(sender);

/** For the bot's own commands. Never for ours: those can change who may write. */
function isAuthorised({ sender, inbound, isGroup }: View, context: PolicyContext): boolean {
  const { config, rules } = context;
  if (config.commands.useAccessGroups === false) return true;
  if (!isGroup) return isListedDirect(sender, context) || listsHandle(rules.groupAllowFrom, sender);
  return listsHandle(rules.allowFrom, sender) || listsInGroup(rules.groupAllowFrom, sender, inbound, context);
}
