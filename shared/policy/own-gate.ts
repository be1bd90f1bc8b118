// Messages of the account itself, typed on one of its devices or sent through the relay: readers get them only
// from chats that are admitted, since the rest is nobody's business.
import { drop, type Outcome, type PolicyContext } from "./decision.ts";
import { admissionOf } from "./group-gate.ts";
import { normalizeHandle } from "./handles.ts";
import { directGate, listsHandle, listsInGroup } from "./sender-gate.ts";
import type { View } from "./view.ts";

export const ownGate = (view: View, context: PolicyContext): Outcome | undefined =>
  isAdmitted(view, context) ? undefined : drop("own_elsewhere");

function isAdmitted(view: View, context: PolicyContext): boolean {
  if (!view.isGroup) return directGate(view.counterpart, context) === undefined;
  if (context.config.groupPolicy === "disabled") return false;
  const admission = admissionOf(view.entry, context);
  return admission === "by_sender" ? hasListedMember(view, context) : admission !== undefined;
}

/** Nothing names the group, so it is admitted only if somebody in it, or the chat itself, is on the list. */
function hasListedMember({ inbound }: View, context: PolicyContext): boolean {
  const list = context.rules.groupAllowFrom;
  return (
    listsInGroup(list, "", inbound, context) ||
    inbound.participants.some((participant) => listsHandle(list, normalizeHandle(participant)))
  );
}
