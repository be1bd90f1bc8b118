import { requireDatabase } from "./database-0.15.ts";
import type { EngineProcess } from "./engine-process.ts";
import type { JsonObject } from "./json-parse.ts";
import type { WireObject } from "./json-write.ts";
import { allows } from "./message-filter.ts";
import { checkKeys, StrictParams } from "./params-strict.ts";
import { stamp, type PayloadContext } from "./payload.ts";
import { internalError, invalidParams } from "./rpc-failure.ts";
import { chatDetails, chatPayload, rowPayload, unread, withoutTwins } from "./rows-0.15.ts";
import { selectorsOf, statusPayload } from "./status-0.15.ts";
import type { Message } from "./rows.ts";
import type { AfterQuery, JoinedRow, World } from "./world.ts";

type Handler = (params: JsonObject) => WireObject;

/**
 * The read lane of 0.15. Params are read to the last one before the database is opened, so that a
 * wrong call is -32602 also while there is none.
 */
export class Reads015 {
  readonly methods: ReadonlyMap<string, Handler>;
  readonly #process: EngineProcess;
  readonly #payload: PayloadContext;

  constructor(process: EngineProcess, payload: PayloadContext) {
    this.#process = process;
    this.#payload = payload;
    this.methods = new Map<string, Handler>([
      ["status", (params) => this.#status(params)],
      ["chats.list", (params) => this.#chatsList(params)],
      ["chats.get", (params) => this.#chatsGet(params)],
      ["messages.history", (params) => this.#history(params)],
      ["messages.search", (params) => this.#search(params)],
      ["messages.after", (params) => this.#after(params)],
      ["messages.stats", (params) => this.#stats(params)],
      ["messages.scheduled", (params) => this.#scheduled(params)],
      ["message.send_status", (params) => this.#sendStatus(params)],
      ["handles.check", (params) => this.#checkHandle(params)],
      ["contacts.shouldShareContact", (params) => this.#shouldShare(params)],
    ]);
  }

  #status(params: JsonObject): WireObject {
    checkKeys("status", params, []);
    return statusPayload(this.#process.host, this.#process.options);
  }

  #chatsList(values: JsonObject): WireObject {
    const params = new StrictParams("chats.list", values, ["limit", "unread_only", "unreadOnly"]);
    const limit = params.positive("limit") ?? 20;
    const unreadOnly = params.boolean("unread_only", "unreadOnly") ?? false;
    const chats = this.#world()
      .chatsByDate()
      .filter((chat) => !unreadOnly || unread(chat) > 0);
    return { chats: chats.slice(0, limit).map((chat) => chatPayload(chat, this.#process.options.account)) };
  }

  /** Unlike messages.history, which answers an unknown chat with an empty list. */
  #chatsGet(values: JsonObject): WireObject {
    const params = new StrictParams("chats.get", values, ["chat_id"]);
    const id = params.positive("chat_id");
    if (id === undefined) throw invalidParams("chat_id is required");
    const chat = this.#world().chat(id);
    if (chat === undefined) throw invalidParams(`Chat not found: ${id}`);
    return chatDetails(chat, this.#process.options.account);
  }

  #history(values: JsonObject): WireObject {
    const params = new StrictParams("messages.history", values, [
      "chat_id",
      "limit",
      "participants",
      "start",
      "end",
      "attachments",
      "convert_attachments",
    ]);
    const id = params.positive("chat_id");
    if (id === undefined) throw invalidParams("chat_id is required");
    const limit = params.positive("limit") ?? 50;
    const filter = params.filter();
    const parts = { attachments: params.boolean("attachments") ?? false, reactions: true };
    params.boolean("convert_attachments");
    const world = this.#world();
    const chat = world.chat(id);
    const rows: JoinedRow[] = [];
    for (const message of chat === undefined ? [] : world.newestFirst(id)) {
      if (rows.length === limit) break;
      if (allows(filter, message)) rows.push(...withoutTwins(world, [{ message, chat }]));
    }
    return { messages: rows.map((row) => rowPayload(this.#payload, world, row, parts)) };
  }

  /** Attachments are always [], whatever the message has. */
  #search(values: JsonObject): WireObject {
    const params = new StrictParams("messages.search", values, ["query", "match", "limit"]);
    const query = (params.string("query") ?? "").trim().toLowerCase();
    if (query === "") throw invalidParams("query is required");
    const match = params.string("match") ?? "contains";
    if (match !== "contains" && match !== "exact") throw invalidParams("match must be contains or exact");
    const limit = params.between(1, 100, 50, "limit");
    const world = this.#world();
    const found = everyRow(world).filter(({ message }) => {
      const text = message.text.toLowerCase();
      return match === "exact" ? text === query : text.includes(query);
    });
    const newest = found.sort((a, b) => (b.message.date ?? 0) - (a.message.date ?? 0)).slice(0, limit);
    const parts = { attachments: false, reactions: true };
    return { messages: newest.map((row) => rowPayload(this.#payload, world, row, parts)) };
  }

  /** The way to catch up: no timer, no balloon memory, a cursor in every answer. */
  #after(values: JsonObject): WireObject {
    const params = new StrictParams("messages.after", values, [
      "since_rowid",
      "chat_id",
      "limit",
      "attachments",
      "convert_attachments",
      "include_reactions",
    ]);
    const since = params.integer("since_rowid");
    if (since === undefined || since < 0) throw invalidParams("since_rowid must be a non-negative integer");
    const chatId = params.positive("chat_id");
    const limit = params.between(1, 500, 100, "limit");
    // include_reactions adds tapback rows; the reactions under a message come in any case.
    const parts = { attachments: params.boolean("attachments") ?? false, reactions: true };
    const tapbacks = params.boolean("include_reactions") ?? false;
    params.boolean("convert_attachments");
    const world = this.#world();
    const page = pageAfter(world, { rowid: since, chatId, limit, tapbacks });
    return {
      messages: page.rows.map((row) => rowPayload(this.#payload, world, row, parts)),
      next_rowid: page.next,
      has_more: page.more,
    };
  }

  /** Totals only: the groups of the real one are for people, no client reads them. */
  #stats(values: JsonObject): WireObject {
    const params = new StrictParams("messages.stats", values, ["chat_id", "include_media", "time_zone"]);
    const chatId = params.positive("chat_id");
    const media = params.boolean("include_media") ?? false;
    const timeZone = params.string("time_zone") ?? "UTC";
    const messages = everyRow(this.#world()).filter(
      ({ chat }) => chatId === undefined || chat?.rowid === chatId,
    );
    const sent = messages.filter(({ message }) => message.isFromMe).length;
    const attachments = messages.reduce((sum, { message }) => sum + message.attachments.length, 0);
    return {
      totals: {
        messages: messages.length,
        sent,
        received: messages.length - sent,
        ...(media ? { attachments } : {}),
      },
      groups: [],
      time_zone: timeZone,
    };
  }

  /** Rows written ahead of their time; they are in no chat's history until they are sent. */
  #scheduled(values: JsonObject): WireObject {
    const params = new StrictParams("messages.scheduled", values, ["limit"]);
    const limit = params.positive("limit") ?? 50;
    const world = this.#world();
    const rows = everyRow(world).filter(({ message }) => message.scheduledFor !== undefined);
    const parts = { attachments: false, reactions: false };
    const messages = rows.slice(0, limit).map((row) => {
      const scheduled_for = stamp(row.message.scheduledFor ?? null);
      return Object.assign({ scheduled_for }, rowPayload(this.#payload, world, row, parts));
    });
    return { messages };
  }

  /** By guid, for a send whose answer was lost. */
  #sendStatus(values: JsonObject): WireObject {
    const params = new StrictParams("message.send_status", values, ["guid"]);
    const guid = (params.string("guid") ?? "").trim();
    if (guid === "") throw invalidParams("guid is required");
    const checked_at = stamp(this.#process.host.clock.now());
    const message = this.#world().message(guid);
    // A guid not (yet) in the database is pending, and here null is on the wire.
    if (message === undefined) {
      return { ok: true, guid, send_state: "pending", service: null, checked_at, status_fields: null };
    }
    const delivered_at = message.deliveredAt === undefined ? undefined : stamp(message.deliveredAt);
    return {
      ok: true,
      guid: message.guid,
      send_state: message.sendState,
      service: message.service,
      checked_at,
      delivered_at,
      status_fields: statusFields(message, delivered_at ?? null),
    };
  }

  #checkHandle(values: JsonObject): WireObject {
    const params = new StrictParams("handles.check", values, ["address", "alias_type", "service"]);
    const address = params.string("address") ?? "";
    if (address === "") throw invalidParams("address is required");
    const alias_type = (
      params.string("alias_type") ?? (address.includes("@") ? "email" : "phone")
    ).toLowerCase();
    if (alias_type !== "phone" && alias_type !== "email")
      throw invalidParams("alias_type must be phone or email");
    if ((params.string("service") ?? "iMessage").toLowerCase() !== "imessage") {
      throw invalidParams("handles.check only supports service iMessage");
    }
    if (!this.#process.options.bridgeReady) {
      throw internalError("handles.check requires bridge transport (Messages.app must be injected)");
    }
    // Somebody who wrote by iMessage can be written to by iMessage; of others nothing is known.
    const known = everyRow(this.#world()).some(
      ({ message }) => message.sender === address && message.service === "iMessage",
    );
    return { ok: true, address, alias_type, available: known, id_status: known ? 1 : 2, service: "iMessage" };
  }

  #shouldShare(values: JsonObject): WireObject {
    new StrictParams("contacts.shouldShareContact", values, [
      "chat_id",
      "chat_identifier",
      "chat_guid",
    ]).chat();
    return { ok: true, should_offer: false, selectors: selectorsOf(this.#process.options.bridgeReady) };
  }

  /** Looked for at every call: what was missing or replaced is picked up. */
  #world(): World {
    return requireDatabase(this.#process.host).world;
  }
}

interface Page {
  readonly rows: readonly JoinedRow[];
  readonly next: number;
  readonly more: boolean;
}

/**
 * A page of `limit` rows that are shown. Rows without a chat are shown too, with chat_id 0; the cursor
 * is the last row looked at, shown or not, and a row joined to two chats is never cut in two.
 */
function pageAfter(world: World, query: AfterQuery): Page {
  for (let scan = query.limit + 1; ; scan *= 2) {
    const scanned = world.after({ ...query, limit: scan });
    const rows = withoutTwins(world, scanned);
    const beyond = rows[query.limit]?.message.rowid;
    if (beyond !== undefined) {
      const consumed = scanned.filter(({ message }) => message.rowid < beyond);
      const next = consumed.at(-1)?.message.rowid ?? query.rowid;
      return { rows: withoutTwins(world, consumed), next, more: true };
    }
    if (scanned.length < scan)
      return { rows, next: scanned.at(-1)?.message.rowid ?? query.rowid, more: false };
  }
}

/** Every message of every chat; rows without a chat belong to nobody. */
const everyRow = (world: World): JoinedRow[] =>
  world
    .after({ rowid: -1, chatId: undefined, limit: Number.POSITIVE_INFINITY, tapbacks: false })
    .filter(({ chat }) => chat !== undefined);

/** The columns behind send_state; 22 is Messages' code for a failed send. */
const statusFields = (message: Message, delivered: string | null): WireObject => ({
  is_sent: message.sendState === "sent" || message.sendState === "delivered",
  is_delivered: message.sendState === "delivered",
  is_finished: message.sendState !== "pending",
  error: message.sendState === "failed" ? 22 : 0,
  date_delivered: delivered,
  date_read: null,
  is_delayed: false,
  is_prepared: false,
  is_pending_satellite_send: false,
  was_downgraded: false,
});
