// The doors that become WebSockets. An upgrade needs fetch, and fetch carries headers only: the Worker makes the
// request anew, so that nobody outside can set these.
import * as z from "zod";
import type { KeyId } from "../shared/ids.ts";
import type { Caller } from "./account/ports.ts";
import type { ReaderWish } from "./account/readers/readers.ts";

export const AGENT_SUBPROTOCOL = "imsg-relay.agent.v1";
export const RPC_SUBPROTOCOL = "imsg-relay.v1";
export const EVENTS_SUBPROTOCOL = "imsg-relay.events.v1";

const HEADER = "relay-door";

const wishSchema = z.object({
  consumer: z.string().nullable(),
  after: z.string().nullable(),
  fallback: z.enum(["tail", "beginning"]),
  kinds: z.array(z.string()).nullable(),
  chats: z.array(z.string()).nullable(),
  is_held: z.boolean(),
}) satisfies z.ZodType<ReaderWish>;

const byKey = z.object({ key: z.string().transform((key) => key as KeyId), secret_hash: z.string() });
const comer = { caller: byKey.nullable(), ticket: z.string().nullable() };

const doorSchema = z.discriminatedUnion("name", [
  z.object({ name: z.literal("agent") }),
  z.object({ name: z.literal("rpc"), ...comer, client: z.string().nullable() }),
  z.object({ name: z.literal("events"), ...comer, wish: wishSchema }),
]);
/** Who comes to which door, and what for. `caller` null = by ticket. */
export type DoorRequest = z.infer<typeof doorSchema>;

/** A key, or a ticket; the operator has no business at a door of a tenant's. */
export const comerOf = (caller: Caller | { readonly kind: "ticket"; readonly ticket: string }) => ({
  caller: caller.kind === "key" ? { key: caller.key, secret_hash: caller.secret_hash } : null,
  ticket: caller.kind === "ticket" ? caller.ticket : null,
});

export function doorHeaders(door: DoorRequest, protocols: string | undefined): Headers {
  // Headers hold Latin-1 only, and a chat's key may be anything.
  const headers = new Headers({ upgrade: "websocket", [HEADER]: encodeURIComponent(JSON.stringify(door)) });
  if (protocols !== undefined) headers.set("sec-websocket-protocol", protocols);
  return headers;
}

/** Undefined = whoever this is did not come through the Worker. */
export function doorOf(headers: Headers): DoorRequest | undefined {
  const text = headers.get(HEADER);
  return text === null ? undefined : doorSchema.safeParse(JSON.parse(decodeURIComponent(text))).data;
}

export const offers = (headers: Headers, subprotocol: string): boolean =>
  (headers.get("sec-websocket-protocol") ?? "").split(",").some((name) => name.trim() === subprotocol);
