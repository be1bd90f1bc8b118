// Tapbacks (openclaw-imessage-channel.md §6.7). Over SMS, and from devices that are not Apple's, they come as
// plain sentences.
import { drop, type Outcome, type PolicyContext } from "./decision.ts";
import type { Inbound } from "./inbound.ts";

const VERBS = ["Loved", "Liked", "Disliked", "Laughed at", "Emphasized", "Questioned"];
/** Longest head of such a sentence that is looked at: `Removed an exclamation mark from `. */
const SENTENCE_HEAD = /^(?:Reacted \S{1,16} to|Removed an? [\w ]{1,24} from) (?=[“"])/;
const QUOTED = /^[“"][^]+[”"]$/;

export const isReaction = (inbound: Pick<Inbound, "is_reaction" | "text">): boolean =>
  inbound.is_reaction || isReactionSentence(inbound.text.trim());

function isReactionSentence(text: string): boolean {
  const verb = VERBS.find((verb) => text.startsWith(`${verb} `));
  if (verb !== undefined) return QUOTED.test(text.slice(verb.length + 1));
  const head = SENTENCE_HEAD.exec(text);
  return head !== null && QUOTED.test(text.slice(head[0].length));
}

/** Undefined = it is shown. A sentence does not say on which message, so under `own` it is not. */
export function reactionGate(inbound: Inbound, context: PolicyContext): Outcome | undefined {
  const { reactionNotifications } = context.config;
  if (reactionNotifications === "off") return drop("reactions_off");
  return reactionNotifications === "all" || isOnOurs(inbound.reacted_to_guid, context)
    ? undefined
    : drop("reaction_elsewhere");
}

const isOnOurs = (guid: string, context: PolicyContext): boolean =>
  guid !== "" && (context.isOwnSend(guid) || context.isOwnMessage(guid));
