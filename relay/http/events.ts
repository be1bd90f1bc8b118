// The events of the channel (EVT2 to EVT10). Streams and waiting polls end here: the Worker holds a hibernating
// socket to the account's object, so that an idle reader costs the object nothing (I4).
import * as z from "zod";
import { RelayError } from "../../shared/errors.ts";
import {
  DEFAULT_POLL_EVENTS,
  MAX_POLL_EVENTS,
  MAX_POLL_WAIT_MS,
  STREAM_COMMENT_MS,
} from "../../shared/limits.ts";
import type { Caller } from "../account/ports.ts";
import { readFilter } from "../account/readers/event-filter.ts";
import type { EventPage, ReaderWish } from "../account/readers/readers.ts";
import type { AccountApi } from "../api.ts";
import { comerOf } from "../doors.ts";
import { accountObject } from "../objects.ts";
import { callerOf, callersName, openParam, readQuery, valueOf, type App, type Ctx } from "./context.ts";
import { comerTo, knock, upgrade } from "./doors.ts";
import { ReaderSocket } from "./reader-socket.ts";

const whole = (most: number, fallback: number) =>
  z
    .string()
    .regex(/^[0-9]{1,6}$/, "must be a whole number")
    .transform(Number)
    .pipe(z.int().max(most))
    .default(fallback);

const querySchema = z.object({
  after: z.string().max(100).optional(),
  consumer: callersName.optional(),
  kinds: z.string().max(1_000).optional(),
  chats: z.string().max(16_000).optional(),
  limit: whole(MAX_POLL_EVENTS, DEFAULT_POLL_EVENTS).pipe(z.int().min(1)),
  /** Seconds. */
  wait: whole(MAX_POLL_WAIT_MS / 1_000, 0),
});
type Query = z.infer<typeof querySchema>;

export function eventRoutes(app: App): void {
  app.get("/v1/accounts/:account/events", async (c) => {
    const account = openParam(c, "acc", c.req.param("account"));
    const object = accountObject(c.env, account);
    // Hono answers HEAD by GET: nobody would ever read what a stream writes.
    if (c.req.method === "HEAD") throw new RelayError("unsupported", "HEAD says nothing here");
    const query = readQuery(c, querySchema);
    if (c.req.header("upgrade")?.toLowerCase() === "websocket") {
      const door = { name: "events", ...comerTo(c, account), wish: wishOf(query, "tail", false) } as const;
      return upgrade(c, object, door);
    }
    if ((c.req.header("accept") ?? "").includes("text/event-stream")) {
      if (query.consumer !== undefined)
        throw new RelayError(
          "invalid_request",
          "consumer: an event stream has Last-Event-ID; named consumers read by WebSocket or long poll",
        );
      // EVT6: the browser's own memory counts before the address.
      const lastEventId = c.req.header("last-event-id") || query.after;
      const wish = wishOf({ ...query, after: lastEventId }, "tail", true);
      const comer = comerTo(c, account);
      return stream(c, await read(object, { name: "events", ...comer, wish }), comer.ticket !== null);
    }
    return c.json(await poll(c, object, callerOf(c, account), query));
  });
}

function wishOf(query: Query, fallback: ReaderWish["fallback"], is_held: boolean): ReaderWish {
  const filter = readFilter(query.kinds ?? null, query.chats ?? null);
  if (!filter.ok) throw new RelayError("invalid_request", filter.error);
  return { ...filter.value, consumer: query.consumer ?? null, after: query.after ?? null, fallback, is_held };
}

async function read(object: AccountApi, door: Parameters<typeof knock>[1]): Promise<ReaderSocket> {
  const { webSocket } = await knock(object, door, undefined);
  if (webSocket === null) throw new RelayError("internal");
  return new ReaderSocket(webSocket);
}

/** EVT5: what is there at once; else a socket waits until something comes or the time is over. */
async function poll(c: Ctx, object: AccountApi, caller: Caller, query: Query): Promise<EventPage> {
  const wish = wishOf(query, query.consumer === undefined ? "beginning" : "tail", true);
  const page = await look(object, caller, wish, query.limit);
  if (page.events.length > 0 || query.wait === 0) return page;
  // The place is the consumer's already; the socket that waits has no name, so that it closes nobody's.
  const waiting = { ...wish, consumer: null, after: page.next };
  const socket = await read(object, { name: "events", ...comerOf(caller), wish: waiting });
  try {
    if (!(await socket.wait(query.wait * 1_000, c.req.raw.signal))) return page;
  } finally {
    socket.close();
  }
  return look(object, caller, { ...wish, after: page.next }, query.limit);
}

/** A page; where a filter passes over much, the object looks at it in several turns. */
async function look(object: AccountApi, caller: Caller, wish: ReaderWish, limit: number): Promise<EventPage> {
  let page = valueOf(await object.ask(caller, "poll", { wish, limit }));
  while (page.events.length === 0 && page.more)
    page = valueOf(await object.ask(caller, "poll", { wish: { ...wish, after: page.next }, limit }));
  return page;
}

const encoder = new TextEncoder();

/** EVT6. What is acknowledged is what the client's connection has taken. */
function stream(c: Ctx, socket: ReaderSocket, isTicketed: boolean): Response {
  const { readable, writable } = new IdentityTransformStream();
  const writer = writable.getWriter();
  const say = (text: string): Promise<void> => writer.write(encoder.encode(text));
  const run = async (): Promise<void> => {
    let isSaying = false;
    const comment = async (): Promise<void> => {
      // A stream that is not read takes no more of them.
      if (isSaying) return;
      isSaying = true;
      await say(":\n\n").catch(() => socket.close());
      isSaying = false;
    };
    const comments = setInterval(() => void comment(), STREAM_COMMENT_MS);
    try {
      // The place before anything came: a stream that breaks now goes on from here. An empty one would forget it.
      const place = await socket.ready();
      if (place !== undefined) await say(`retry: 1000\nid: ${place}\n\n`);
      for await (const { id, kind, text } of socket.events()) {
        await say(`id: ${id}\nevent: ${kind}\ndata: ${text}\n\n`);
        socket.taken(id);
      }
      await writer.close();
    } catch {
      // The client is gone; it comes back with Last-Event-ID.
    } finally {
      clearInterval(comments);
      socket.close();
    }
  };
  c.executionCtx.waitUntil(run());
  c.req.raw.signal.addEventListener("abort", () => socket.close());
  const headers = new Headers({
    "content-type": "text/event-stream; charset=utf-8",
    "cache-control": "no-store",
    "x-accel-buffering": "no",
  });
  // A ticket is no cookie: whoever has it may use it from any page (EVT10).
  if (isTicketed) headers.set("access-control-allow-origin", "*");
  return new Response(readable, { headers });
}
