// A message, a configuration and a relay's memory, to be changed a little by each test.
import { DEFAULTS, type ChannelConfig } from "../../../shared/config/settings.ts";
import { decide } from "../../../shared/policy/decide.ts";
import type { Decision, PolicyContext } from "../../../shared/policy/decision.ts";
import { inboundSchema, type Inbound } from "../../../shared/policy/inbound.ts";
import { compileRules } from "../../../shared/policy/rules.ts";

export const ME = "+15550000001";
export const ANN = "+15551234567";
export const BOB = "+15557654321";
export const GROUP_KEY = "+;chat456";
export const GROUP_ID = 42;

/** As imsg writes it: a direct message of Ann's. */
export const fromAnn = {
  id: 7,
  guid: "G-1",
  chat_id: 3,
  chat_guid: `any;-;${ANN}`,
  chat_identifier: ANN,
  sender: ANN,
  is_from_me: false,
  is_group: false,
  text: "hello",
  created_at: "2026-11-22T10:00:00.000Z",
  destination_caller_id: ME,
};

/** The same in a group of Ann and Bob. */
export const inGroup = {
  ...fromAnn,
  chat_id: GROUP_ID,
  chat_guid: `any;${GROUP_KEY}`,
  chat_identifier: "chat456",
  participants: [ANN, BOB],
  is_group: true,
};

/** What was typed on the Mac, to Ann. */
export const toAnn = { ...fromAnn, sender: ME, is_from_me: true };

/** A note to self, by the account's own device. */
export const toSelf = {
  ...toAnn,
  chat_guid: `any;-;${ME}`,
  chat_identifier: ME,
};

export const inbound = (change: object = {}): Inbound => inboundSchema.parse({ ...fromAnn, ...change });

export const configOf = (change: Settings = {}): ChannelConfig => ({ ...DEFAULTS, ...change });

export type Settings = Partial<ChannelConfig>;

/** Whoever writes directly is admitted. */
export const ANYBODY: Settings = { dmPolicy: "open", allowFrom: ["*"] };

export interface Memory {
  /** Approved by pairing. */
  readonly approved?: readonly string[];
  /** Guids sent through the relay; of the account's own messages. */
  readonly sent?: readonly string[];
  readonly own?: readonly string[];
  /** Texts sent through the relay. */
  readonly echoes?: readonly string[];
  readonly twins?: readonly string[];
  /** Numeric ids of the configuration that stand for the message's chat; absent = the row's own. */
  readonly ids?: readonly number[];
}

export function contextOf(config: ChannelConfig, memory: Memory = {}): PolicyContext {
  return {
    config,
    rules: compileRules(config),
    isApproved: (handle) => memory.approved?.includes(handle) === true,
    isChatOfId: (id, { chat_id }) => (memory.ids === undefined ? id === chat_id : memory.ids.includes(id)),
    isOwnSend: (guid) => memory.sent?.includes(guid) === true,
    isOwnMessage: (guid) => memory.own?.includes(guid) === true,
    isEchoOfText: ({ text }) => memory.echoes?.includes(text) === true,
    isTwin: ({ guid }) => memory.twins?.includes(guid) === true,
  };
}

export const decided = (message: object, config: Settings = {}, memory: Memory = {}): Decision =>
  decide(inbound(message), contextOf(configOf(config), memory));

/** Verdict and reason in one word, such as `drop empty`. */
export const outcome = (message: object, config: Settings = {}, memory: Memory = {}): string => {
  const { verdict, reason } = decided(message, config, memory);
  return `${verdict} ${reason}`;
};

/** A row of a table of decisions; what is expected is verdict and reason. */
export type Row = [why: string, settings: Settings, expected: string, memory?: Memory];
