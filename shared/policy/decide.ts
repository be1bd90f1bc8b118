// The access policy: what becomes of a message row, and why. Pure and total; no match means drop (DESIGN §8).
// The order of the gates is openclaw-imessage-channel.md §2.1, the newer way.
import { isEmpty } from "./body.ts";
import { parseCommand, standingOf } from "./control-command.ts";
import { drop, show, type Command, type Decision, type Outcome, type PolicyContext } from "./decision.ts";
import { admissionOf, isMentionRequired } from "./group-gate.ts";
import type { Inbound } from "./inbound.ts";
import { ownGate } from "./own-gate.ts";
import { isReaction, reactionGate } from "./reaction-gate.ts";
import { isReflection } from "./reflection.ts";
import { directGate, groupSenderGate } from "./sender-gate.ts";
import { viewOf, type View } from "./view.ts";

export function decide(inbound: Inbound, context: PolicyContext): Decision {
  const view = viewOf(inbound, context);
  const passed = gates(view, context);
  const command = passed.command ?? null;
  const mentioned = passed.verdict === "show" ? isMentioned(view, context) : null;
  const isAsked = passed.reason === "allowed" && command === null;
  const outcome = (isAsked ? mentionGate(view, context, mentioned) : undefined) ?? passed;
  return {
    verdict: outcome.verdict,
    reason: outcome.reason,
    chat_type: view.key === "" ? null : view.isGroup ? "group" : "direct",
    sender: view.sender,
    mentioned,
    self_chat: view.isSelfChat,
    command,
  };
}

interface Passed extends Outcome {
  readonly command?: Command;
}

/** All gates but the last one, that of mentions. */
function gates(view: View, context: PolicyContext): Passed {
  if (!context.config.enabled) return drop("disabled");
  if (view.key === "") return drop("unanchored");
  if (view.inbound.is_from_me && !view.isSelfChat) return ownOutcome(view, context);
  if (view.sender === "") return drop("no_sender");
  return (
    accessGate(view, context) ?? (isReaction(view.inbound) ? reactionOutcome : contentOutcome)(view, context)
  );
}

/** Sender, then registry. */
function accessGate(view: View, context: PolicyContext): Outcome | undefined {
  if (!view.isGroup) {
    const refused = directGate(view.sender, context);
    return refused?.verdict === "pair" ? (strangerGate(view, context) ?? refused) : refused;
  }
  return (
    groupSenderGate(view.sender, view.inbound, context) ??
    (admissionOf(view.entry, context) === undefined ? drop("group_not_listed") : undefined)
  );
}

/** Nobody is asked to pair by what we sent ourselves; whoever wants notes to self lists the own handle. */
function strangerGate(view: View, context: PolicyContext): Outcome | undefined {
  return view.isSelfChat ? drop("self_not_listed") : loopGate(view, context);
}

/** The account's own messages: no mention, no command, no loop, but the same chats and the same tapbacks. */
function ownOutcome(view: View, context: PolicyContext): Outcome {
  const refused = ownGate(view, context);
  if (refused !== undefined) return refused;
  if (isReaction(view.inbound)) return reactionGate(view.inbound, context) ?? show("own");
  return isEmpty(view.inbound, context.config.includeAttachments) ? drop("empty") : show("own");
}

const reactionOutcome = (view: View, context: PolicyContext): Outcome =>
  reactionGate(view.inbound, context) ?? loopGate(view, context) ?? show("reaction");

function contentOutcome(view: View, context: PolicyContext): Passed {
  const { inbound } = view;
  if (isEmpty(inbound, context.config.includeAttachments)) return drop("empty");
  const looped = loopGate(view, context);
  if (looped !== undefined) return looped;
  if (isReflection(inbound.text)) return drop("reflection");
  const command = parseCommand(inbound.text, context.rules.commandNames);
  const standing = command === undefined ? "ordinary" : standingOf(command, view, context);
  if (standing === "refused") return drop("command_unauthorised");
  if (command === undefined || standing === "ordinary") return show("allowed");
  return standing === "relay"
    ? { verdict: "command", reason: "owner_command", command }
    : { verdict: "show", reason: "allowed", command };
}

/** What this relay sent comes back: as the second row of a chat with oneself, or as an echo. */
function loopGate({ inbound, mayBeSelfChat }: View, context: PolicyContext): Outcome | undefined {
  if (context.isOwnSend(inbound.guid)) return drop("echo");
  if (mayBeSelfChat && !inbound.is_from_me && context.isTwin(inbound)) return drop("twin");
  return context.isEchoOfText(inbound, mayBeSelfChat) ? drop("echo") : undefined;
}

function isMentioned({ isGroup, inbound }: View, { rules }: PolicyContext): boolean | null {
  return !isGroup || rules.mentions.isEmpty ? null : rules.mentions.test(inbound.text);
}

/** `mentioned` null = there is no pattern to ask for, so the message passes, as with OpenClaw. */
function mentionGate(view: View, context: PolicyContext, mentioned: boolean | null): Outcome | undefined {
  if (!view.isGroup || mentioned !== false || !isMentionRequired(view.entry, context)) return undefined;
  return context.config.historyLimit > 0 ? { verdict: "hold", reason: "no_mention" } : drop("no_mention");
}
