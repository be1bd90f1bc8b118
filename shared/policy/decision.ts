// What a decision is, and what the relay must be able to answer for one to be made.
import type { ChannelConfig } from "../config/settings.ts";
import type { Inbound } from "./inbound.ts";
import type { Reason } from "./reasons.ts";
import type { Rules } from "./rules.ts";

/**
 * `show`: readers get it · `hold`: kept as context of the next message that counts · `pair`: a stranger asks for
 * access · `command`: for the relay itself · `drop`: readers never see it.
 */
export type Verdict = "show" | "hold" | "pair" | "command" | "drop";

export interface PolicyContext {
  readonly config: ChannelConfig;
  /** Of that very configuration. */
  readonly rules: Rules;
  /** Whether the normalised handle was approved by pairing. */
  isApproved(handle: string): boolean;
  /** Whether the message's chat is the one that this numeric id of the configuration stands for. */
  isChatOfId(id: number, inbound: Inbound): boolean;
  /** A message of that guid was sent through this relay. */
  isOwnSend(guid: string): boolean;
  /**
   * A text sent through this relay to that chat or handle, about then, whose guid is not known; in a chat that
   * may be with oneself also one whose guid is known.
   */
  isEchoOfText(inbound: Inbound, mayBeSelfChat: boolean): boolean;
  /** The log has the message of that guid as the account's own. */
  isOwnMessage(guid: string): boolean;
  /** Self-chat: the account's own row with the same text and date was seen. */
  isTwin(inbound: Inbound): boolean;
}

export interface Command {
  /** Lower case, without the slash. */
  readonly name: string;
  /** Trimmed; "" = none. */
  readonly args: string;
}

export interface Outcome {
  readonly verdict: Verdict;
  readonly reason: Reason;
}

export interface Decision extends Outcome {
  /** Null = the row belongs to no chat. */
  readonly chat_type: "direct" | "group" | null;
  /** Normalised; "" = none. */
  readonly sender: string;
  /** Null = not asked: a direct chat, no usable pattern, or a message that is not shown anyway. */
  readonly mentioned: boolean | null;
  /** A direct chat of the account with itself. */
  readonly self_chat: boolean;
  /** The control command, ours or the bot's, if the sender is authorised for it; else it is an ordinary text. */
  readonly command: Command | null;
}

export const show = (reason: Reason): Outcome => ({ verdict: "show", reason });
export const drop = (reason: Reason): Outcome => ({ verdict: "drop", reason });
