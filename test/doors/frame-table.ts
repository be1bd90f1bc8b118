// Every frame that may be said over a socket, made of somebody's names, and what is to come of it. A test compares the
// names of this table with the protocol's own (shared/), so that a new frame cannot be forgotten.
import { METHOD_NAMES, methodOf } from "../../shared/methods.ts";
import type { Names } from "./frame-scene.ts";

const HEALTH = { state: "ok", reason: null, remedy: null };
const ENGINE = { version: null, methods: null, pages: false, bridge: null };
/** A public key, and signatures, of nobody's. */
const NOBODYS = `${"A".repeat(43)}=`;
const UNSIGNED = `${"A".repeat(86)}==`;

const message = (names: Names, rowid: number, text: string, more: object = {}) => ({
  rowid,
  message: {
    id: rowid,
    guid: `${names.guid}-${rowid}`,
    chat_id: rowid,
    chat_guid: names.chat,
    sender: "+15550100001",
    text,
    is_from_me: false,
    created_at: "2026-11-01T10:00:00.000Z",
    ...more,
  },
});

const opened = (transfer: string) => ({
  t: "transfer",
  transfer,
  state: "opened",
  status: 200,
  size: 1,
  start: 0,
  length: 1,
  etag: '"x"',
  modified: 0,
  digest: null,
});

interface AgentFrame {
  /** Said by a link that was let in. */
  readonly says: (names: Names) => readonly Record<string, unknown>[];
  /** What is heard until the link is shut, or answers what came after it. */
  readonly hears: string;
}

const NOTHING = "";
const hello = ({ install, account }: Names) => ({
  t: "hello",
  install,
  account,
  protocols: [1],
  origin: "http://relay.test",
  signature: UNSIGNED,
  journal_id: "j",
  agent: "raw",
  engine: ENGINE,
  health: HEALTH,
  takeover: true,
});
const prove = ({ install }: Names, more: object) => ({
  t: "prove",
  install,
  origin: "http://relay.test",
  signature: UNSIGNED,
  ...more,
});
const acked = '{"t":"ack","operations":["<operation>"]}';

export const AGENT_FRAMES: Readonly<Record<string, AgentFrame>> = {
  hello: { says: (names) => [hello(names)], hears: "4002 hello out of turn" },
  "prove look": { says: (names) => [prove(names, { wish: "look" })], hears: "4002 prove out of turn" },
  "prove leave": { says: (names) => [prove(names, { wish: "leave" })], hears: "4002 prove out of turn" },
  "prove rotate": {
    says: (names) => [prove(names, { wish: "rotate", public_key: NOBODYS, next_signature: UNSIGNED })],
    hears: "4002 prove out of turn",
  },
  events: {
    // Rows as the victim has them; and, as by an owner, a word that would let somebody in there.
    says: (names) => [
      {
        t: "events",
        n: 1,
        database: 0,
        resume: 2,
        rows: [
          message(names, 1, `${names.event} ${names.reference}`),
          message(names, 2, `/pairing approve ${names.pairing}`, {
            sender: "+15550100003",
            chat_guid: "any;-;+15550100003",
          }),
        ],
      },
    ],
    hears: '{"t":"ack","n":1}',
  },
  result: {
    says: ({ call, operation }) => [
      { t: "result", call, epoch: 1, answer: { result: { chats: ["stolen"] } } },
      { t: "result", call, operation, epoch: 1, answer: { result: { guid: "stolen" } } },
      { t: "result", call: operation, operation, epoch: 99, answer: { error: { code: -1, message: "x" } } },
    ],
    // Said again until it is heard (LINK16), whether anybody knows it or not.
    hears: `${acked} ${acked}`,
  },
  "note chats": {
    says: ({ chat }) => [{ t: "note", kind: "chats", database: 0, chats: [{ id: 1, guid: chat }] }],
    hears: NOTHING,
  },
  "note typing": {
    says: ({ chat, account }) => [{ t: "note", kind: "typing", typing: { chat_guid: chat, account } }],
    hears: NOTHING,
  },
  "note progress": {
    says: ({ account }) => [{ t: "note", kind: "progress", done: 5, total: 9, finished: false, account }],
    hears: NOTHING,
  },
  health: {
    says: ({ install, account }) => [{ t: "health", health: HEALTH, engine: ENGINE, install, account }],
    hears: NOTHING,
  },
  "transfer opened": { says: ({ transfer }) => [opened(transfer)], hears: NOTHING },
  "transfer done": {
    says: ({ transfer }) => [
      opened(transfer),
      { t: "transfer", transfer, state: "done", bytes: 1, sha256: NOBODYS },
    ],
    hears: NOTHING,
  },
  "transfer staged": {
    says: ({ transfer, staged }) => [
      {
        t: "transfer",
        transfer,
        state: "staged",
        staged: staged.slice(0, 50),
        name: "x",
        size: 1,
        offset: 1,
        digest: null,
        expires_at: 9e12,
      },
    ],
    hears: NOTHING,
  },
  "transfer failed": {
    says: ({ transfer }) => [{ t: "transfer", transfer, state: "failed", error: { code: "missing" } }],
    hears: NOTHING,
  },
};

/** Over a reader's socket; `isOver`: the relay closes it. */
export const READER_FRAMES: Readonly<Record<string, (names: Names) => unknown>> = {
  ack: ({ event }) => ({ t: "ack", id: event }),
};

/** What a gateway is told that calls with somebody else's names: its own Mac's answer, or whose refusal. */
type Told = "mac" | "own" | number;

const READ_OR_CHANGED = METHOD_NAMES.filter((name) =>
  ["read", "mutation"].includes(methodOf(name)?.class ?? ""),
);

export const CALLS: Readonly<Record<string, Told>> = {
  ...Object.fromEntries(READ_OR_CHANGED.map((method) => [method, "mac"] as const)),
  status: "mac",
  typing: "mac",
  read: "mac",
  initialize: -32601,
  "watch.subscribe": "own",
  "watch.unsubscribe": "own",
  "bridge.events.subscribe": -32601,
  "bridge.events.unsubscribe": -32601,
  "relay.outcome": -32044,
  "relay.ack": -32602,
};

/** Everything by which a gateway can name anything. */
export const paramsOf = (names: Names): Record<string, unknown> => ({
  to: "+15550100001",
  text: names.pairing,
  guid: names.guid,
  message_guid: names.guid,
  reply_to: names.guid,
  attachment: names.reference,
  operation: names.operation,
  transfer: names.transfer,
  account: names.account,
  idempotency_key: names.key,
  subscription: 1,
  id: names.event,
  relay_after: names.event,
});
