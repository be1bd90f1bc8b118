// The access policy: what becomes of a message row, and why. Pure and total; no match means drop (DESIGN §8).
// The order of the gates is openclaw-imessage-channel.md §2.1, the newer way.
import { isEmpty } from "./body.ts";
import { commandGate, parseCommand } from "./control-command.ts";
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
  const mentioned = isMentioned(view, context);
  const command = parseCommand(inbound.text, context.rules.commandNames) ?? null;
  return {
    ...gates(view, context, mentioned, command),
    chat_type: view.key === "" ? null : view.isGroup ? "group" : "direct",
    sender: view.sender,
    mentioned,
    self_chat: view.isSelfChat,
    command,
  };
}

function gates(
  view: View,
  context: PolicyContext,
  mentioned: boolean | null,
  command: Command | null,
): Outcome {
  if (!context.config.enabled) return drop("disabled");
  if (view.key === "") return drop("unanchored");
  if (view.inbound.is_from_me && !view.isSelfChat) return ownOutcome(view, context);
  if (view.sender === "") return drop("no_sender");
  return (
    accessGate(view, context) ??
    (isReaction(view.inbound)
      ? (loopGate(view, context) ?? reactionGate(view.inbound, context))
      : contentOutcome(view, context, mentioned, command))
  );
}

/** Sender, then registry. */
function accessGate(view: View, context: PolicyContext): Outcome | undefined {
  if (!view.isGroup) {
    const refused = directGate(view.sender, context);
    // Asking oneself for access would be a loop; whoever wants notes to self puts the own handle on the list.
    return refused?.verdict === "pair" && view.isSelfChat ? drop("self_not_listed") : refused;
  }
  return (
    groupSenderGate(view.sender, view.inbound, context) ??
    (admissionOf(view.entry, context) === undefined ? drop("group_not_listed") : undefined)
  );
}

/** The account's own messages: no mention, no command, no loop, but the same chats and the same tapbacks. */
function ownOutcome(view: View, context: PolicyContext): Outcome {
  const refused = ownGate(view, context);
  if (refused !== undefined) return refused;
  if (isReaction(view.inbound)) {
    const outcome = reactionGate(view.inbound, context);
    return outcome.verdict === "show" ? show("own") : outcome;
  }
  return isEmpty(view.inbound, context.config.includeAttachments) ? drop("empty") : show("own");
}

function contentOutcome(
  view: View,
  context: PolicyContext,
  mentioned: boolean | null,
  command: Command | null,
): Outcome {
  const { inbound } = view;
  if (isEmpty(inbound, context.config.includeAttachments)) return drop("empty");
  const looped = loopGate(view, context);
  if (looped !== undefined) return looped;
  if (isReflection(inbound.text)) return drop("reflection");
  if (command !== null) return commandGate(command, view, context) ?? show("allowed");
  return mentionGate(view, context, mentioned);
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

/** Null = there is no pattern to ask for, so the message passes, as with OpenClaw. */
function mentionGate(view: View, context: PolicyContext, mentioned: boolean | null): Outcome {
  if (!view.isGroup || mentioned !== false || !isMentionRequired(view.entry, context)) return show("allowed");
  return context.config.historyLimit > 0 ? { verdict: "hold", reason: "no_mention" } : drop("no_mention");
}
