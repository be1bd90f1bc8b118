// Why a message was shown, held or dropped. One table: the decision log stores the key, people read the sentence.

export const REASONS = {
  allowed: "The sender may write here.",
  own: "Written by the account itself, in a chat that is admitted.",
  reaction: "A tapback that `reactionNotifications` lets through.",
  owner_command: "A command of the relay, from an owner.",
  no_mention: "The group asks for a mention and there is none.",
  pairing: "A stranger under dmPolicy `pairing`: told how to ask for access.",
  pairing_late:
    "A stranger under dmPolicy `pairing`, whose message came too late to be answered with a code.",
  pairing_full: "A stranger under dmPolicy `pairing`, while as many as may be are waiting already.",
  command_late: "A command of the relay, from an owner, that came too late to be done.",
  disabled: "The account is switched off (`enabled`).",
  unanchored: "The row belongs to no chat yet; it is decided when it joins one.",
  no_sender: "The row names no sender.",
  own_elsewhere: "Written by the account itself, in a chat that is not admitted.",
  dm_disabled: "Direct messages are switched off (dmPolicy).",
  dm_not_listed: "The sender is not in `allowFrom`.",
  self_not_listed: "A note to self, and the account's own handle is not in `allowFrom`.",
  group_disabled: "Group messages are switched off (groupPolicy).",
  group_list_empty: "groupPolicy is `allowlist` and the list of group senders is empty.",
  group_sender_not_listed: "Neither the sender nor the chat is in the list of group senders.",
  group_not_listed: "The chat is not in `groups`.",
  reactions_off: "Tapbacks are switched off (`reactionNotifications`).",
  reaction_elsewhere: "A tapback on a message that is not known to be ours.",
  empty: "No text, and no attachment that may be shown.",
  twin: "The second row of a note to self.",
  echo: "Comes from this relay's own send.",
  reflection: "Carries traces of an agent's inner workings, so answering it could start a loop.",
  command_unauthorised:
    "A control command from somebody who may not use it there, or of an owner by SMS, whose sender can be forged.",
} as const satisfies Record<string, string>;

export type Reason = keyof typeof REASONS;
