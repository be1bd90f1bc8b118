// What became of sends, as their sender asks for it, and what the log says of them.
import { call, poll, type Bot, type Shown } from "./channel.ts";
import { row } from "./agent.ts";
import type { Json } from "./http.ts";

export const operation = (of: Bot, id: unknown): Promise<Json> =>
  call(200, of, "GET", `operations/${String(id)}`);

export async function operations(of: Bot, query = ""): Promise<Json[]> {
  const { operations: found } = await call(200, of, "GET", `operations?${query}`);
  return found as Json[];
}

export const byKey = async (of: Bot, key: string): Promise<Json | undefined> =>
  (await operations(of, `idempotency_key=${key}`))[0];

/** The events of one kind: their data. */
export const told = async (of: Bot, kind: string): Promise<Json[]> =>
  (await poll(of, `after=beginning&limit=200&kinds=${kind}`)).events.map(({ data }: Shown) => data);

/** A row of the account's own: what Messages shows of a send, or of what its owner typed. */
export const ownRow = (id: number, text: string, at: number, change: Json = {}): Json =>
  row(id, {
    text,
    is_from_me: true,
    sender: "",
    created_at: new Date(at).toISOString(),
    ...change,
  });
