import type { Lane } from "./lanes.ts";

interface MethodRow {
  readonly lane: Lane;
  /** `ready`: an open database; `bridge`: the injected private-API bridge. */
  readonly needs: "nothing" | "database" | "bridge";
}

// Aliases are methods of their own, as in the lists of `status`.
const row = (lane: Lane, needs: MethodRow["needs"], ...names: readonly string[]): [string, MethodRow][] =>
  names.map((name) => [name, { lane, needs }]);

/** Every method of 0.15 on a Mac, in the order in which `status` lists them. */
export const METHODS: ReadonlyMap<string, MethodRow> = new Map([
  ...row("control", "nothing", "initialize"),
  ...row("read", "nothing", "status"),
  ...row("control", "nothing", "watch.unsubscribe"),
  ...row(
    "read",
    "database",
    "chats.list",
    "chats.get",
    "messages.stats",
    "messages.history",
    "messages.search",
  ),
  ...row("read", "database", "messages.after", "messages.scheduled"),
  ...row("control", "database", "watch.subscribe"),
  ...row("control", "bridge", "bridge.events.subscribe"),
  ...row("read", "database", "message.send_status"),
  ...row("mutation", "nothing", "send"),
  ...row("mutation", "bridge", "send.tracked", "chats.create", "chats.delete", "chats.markUnread"),
  ...row("mutation", "bridge", "send.rich", "send.attachment", "send.multipart", "send.sticker"),
  ...row("mutation", "bridge", "poll.send", "messages.poll.send", "poll.vote", "messages.poll.vote"),
  ...row("mutation", "bridge", "poll.unvote", "polls.unvote", "messages.poll.unvote", "tapback"),
  ...row("mutation", "nothing", "typing", "read"),
  ...row("mutation", "bridge", "message.edit", "message.unsend", "message.delete", "message.notifyAnyways"),
  ...row("mutation", "bridge", "group.rename", "group.setIcon", "group.addParticipant"),
  ...row("mutation", "bridge", "group.removeParticipant", "group.leave"),
  ...row("read", "bridge", "contacts.shouldShareContact"),
  ...row("mutation", "bridge", "contacts.shareContactCard"),
  ...row("read", "bridge", "handles.check"),
]);

/** Bridge selectors as a current helper reports them; all on or, without a bridge, none. */
export const SELECTORS: readonly string[] = [
  "clientMessageGuidReservation",
  "createChat",
  "deleteChat",
  "markChatUnread",
  "sendMessage",
  "sendAttachment",
  "sendMultipart",
  "stickerSend",
  "pollPayloadMessage",
  "pollVoteMessage",
  "sendReaction",
  "emojiTapbackSend",
  "editMessageItem",
  "retractMessagePart",
  "deleteMessage",
  "notifyAnyways",
  "setDisplayName",
  "updateGroupPhoto",
  "addParticipant",
  "removeParticipant",
  "leaveChat",
  "namePhotoShouldOffer",
  "namePhotoShare",
  "checkIMessageAvailability",
];
