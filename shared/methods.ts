// THE table of imsg's methods: routing, deadlines, the journal, the Mac's veto and the docs all derive from it.
import { CONTROL_DEADLINE_MS, MUTATION_DEADLINE_MS, READ_DEADLINE_MS } from "./limits.ts";

/**
 * `read`: asks, changes nothing. `control`: answered by the relay itself or harmless to repeat, never journalled.
 * `mutation`: has an effect in the world, so it runs at most once (journal, operation). `refused`: its answer
 * would belong to the shared process, not to the caller.
 */
export type MethodClass = "read" | "control" | "mutation" | "refused";

interface MethodEntry {
  readonly class: MethodClass;
  /** Whether anybody but the caller can notice it: what `read_only` on the Mac forbids. */
  readonly effect: boolean;
}

const READ: MethodEntry = { class: "read", effect: false };
const MUTATION: MethodEntry = { class: "mutation", effect: true };
const CONTROL: MethodEntry = { class: "control", effect: false };
const REFUSED: MethodEntry = { class: "refused", effect: false };
/** Typing and read receipts: seen by others, but worth nothing later and harmless twice. */
const PRESENCE: MethodEntry = { class: "control", effect: true };

const METHODS: Readonly<Record<string, MethodEntry>> = {
  initialize: CONTROL,
  status: CONTROL,
  "watch.subscribe": CONTROL,
  "watch.unsubscribe": CONTROL,
  typing: PRESENCE,
  read: PRESENCE,
  "chats.list": READ,
  "chats.get": READ,
  "messages.history": READ,
  "messages.search": READ,
  "messages.after": READ,
  "messages.stats": READ,
  "messages.scheduled": READ,
  "message.send_status": READ,
  "handles.check": READ,
  "contacts.shouldShareContact": READ,
  send: MUTATION,
  "send.tracked": MUTATION,
  "send.rich": MUTATION,
  "send.attachment": MUTATION,
  "send.multipart": MUTATION,
  "send.sticker": MUTATION,
  "poll.send": MUTATION,
  "poll.vote": MUTATION,
  "poll.unvote": MUTATION,
  tapback: MUTATION,
  "message.edit": MUTATION,
  "message.unsend": MUTATION,
  "message.delete": MUTATION,
  "message.notifyAnyways": MUTATION,
  "chats.create": MUTATION,
  "chats.delete": MUTATION,
  "chats.markUnread": MUTATION,
  "group.rename": MUTATION,
  "group.setIcon": MUTATION,
  "group.addParticipant": MUTATION,
  "group.removeParticipant": MUTATION,
  "group.leave": MUTATION,
  "contacts.shareContactCard": MUTATION,
  "bridge.events.subscribe": REFUSED,
  "bridge.events.unsubscribe": REFUSED,
};

/** What a gateway may ask the relay itself; imsg knows nothing of it. */
export const RELAY_METHODS = ["relay.outcome", "relay.ack"] as const;
export type RelayMethod = (typeof RELAY_METHODS)[number];
export const relayMethodOf = (name: string): RelayMethod | undefined =>
  RELAY_METHODS.find((one) => one === name);

/** Undefined = not a method of imsg's: answered -32601 by the relay. */
export const methodOf = (name: string): MethodEntry | undefined =>
  Object.hasOwn(METHODS, name) ? METHODS[name] : undefined;

export const METHOD_NAMES: readonly string[] = Object.keys(METHODS);

const DEADLINES: Record<MethodClass, number> = {
  read: READ_DEADLINE_MS,
  control: CONTROL_DEADLINE_MS,
  mutation: MUTATION_DEADLINE_MS,
  refused: 0,
};

/** Milliseconds a call may take before its caller gets an answer without one. */
export const deadlineOf = (entry: MethodEntry): number => DEADLINES[entry.class];
