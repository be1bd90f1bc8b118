// Where a message is to go, as callers write it (openclaw-imessage-channel.md §4, the newer way).
import {
  chatTarget,
  isBareIdentifier,
  isPhoneLike,
  splitChatPrefix,
  splitService,
  type ChatTarget,
  type Service,
} from "./policy/chat-target.ts";
import { err, ok, type Result } from "./result.ts";

export type Target =
  | ChatTarget
  | {
      readonly kind: "handle";
      /** For imsg's `to`: phone numbers as written, since imsg reads local ones by region; addresses in lower case. */
      readonly to: string;
      readonly service: Service;
      /** A service prefix stood in front, so it counts before the configured service. */
      readonly explicit: boolean;
    };

/** Digits of the shortest number that anybody can write to; less is somebody's chat id. */
const MIN_PHONE_DIGITS = 3;
/** Of a target that is quoted in an error. */
const MAX_QUOTED_CHARS = 80;

/** An error says what was understood, for the person who wrote it. */
export function parseTarget(text: string): Result<Target, string> {
  const target = text.trim();
  if (target === "") return err("a target is required");
  const prefixed = splitService(target);
  return prefixed === undefined
    ? parseBare(target)
    : parseWithService(prefixed.service, prefixed.rest, target);
}

function parseWithService(service: Service, rest: string, whole: string): Result<Target, string> {
  if (rest === "") return err(`${quoted(whole)} names a service and nobody to write to`);
  if (isBareIdentifier(rest)) return ok(bareIdentifier(rest));
  const chat = splitChatPrefix(rest);
  if (chat !== undefined) return parseChat(chat, whole);
  if (splitService(rest) !== undefined) return err(`${quoted(whole)} names more than one service`);
  if (/^group:/i.test(rest))
    return err(`${quoted(whole)} is how a group's messages are labelled, no target; write "chat_guid:…"`);
  return ok({ kind: "handle", to: handleOf(rest), service, explicit: true });
}

function parseBare(text: string): Result<Target, string> {
  const chat = splitChatPrefix(text);
  if (chat !== undefined) return parseChat(chat, text);
  if (isBareIdentifier(text)) return ok(bareIdentifier(text));
  if (text.includes(";"))
    return err(`${quoted(text)} looks like a chat's guid; write "chat_guid:" before it`);
  if (!text.includes("@") && !isPhoneNumber(text)) return err(whyNoHandle(text));
  return ok({ kind: "handle", to: handleOf(text), service: "auto", explicit: false });
}

function parseChat(
  { kind, value }: { kind: ChatTarget["kind"]; value: string },
  whole: string,
): Result<Target, string> {
  const target = chatTarget(kind, value);
  if (target !== undefined) return ok(target);
  return kind === "chat_id"
    ? err(`${quoted(whole)} names a chat by id, which must be a whole number of 1 or more`)
    : err(
        `${quoted(whole)} names a chat by its ${kind === "chat_guid" ? "guid" : "identifier"}, which is missing`,
      );
}

const bareIdentifier = (text: string): ChatTarget => ({
  kind: "chat_identifier",
  identifier: text.toLowerCase(),
});

const isPhoneNumber = (text: string): boolean =>
  isPhoneLike(text) && text.replace(/\D/g, "").length >= MIN_PHONE_DIGITS;

/** imsg knows numbers and addresses, not the scheme before them. */
function handleOf(text: string): string {
  if (text.includes("@")) return text.toLowerCase();
  return isPhoneLike(text) ? text.replace(/^tel:/i, "").trim() : text;
}

/** Bare names are refused: one that is nearly a name of somebody else would be written to all the same. */
const whyNoHandle = (text: string): string =>
  isPhoneLike(text)
    ? `${quoted(text)} is too short for a phone number; a chat's id is written "chat_id:${text.replace(/\D/g, "")}"`
    : `${quoted(text)} is neither a phone number, an e-mail address nor a chat; a contact's name is written "auto:${clipped(text)}"`;

const clipped = (text: string): string =>
  text.length > MAX_QUOTED_CHARS ? `${text.slice(0, MAX_QUOTED_CHARS)}…` : text;
const quoted = (text: string): string => JSON.stringify(clipped(text));
