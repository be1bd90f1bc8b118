// A receiver of webhooks, as a bot has one: an HTTP server that reads each and says 200.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import * as z from "zod";
import { http } from "../e2e/http.ts";
import { OPERATOR_KEY } from "../e2e/relay-process.ts";
import { Recording } from "../e2e/waiting.ts";
import type { Bench } from "./row.ts";

export interface Delivered {
  readonly guid: string;
  /** As `Date.now()`, and finer. */
  readonly at: number;
}

const payloadSchema = z.looseObject({
  data: z.looseObject({ data: z.looseObject({ message: z.looseObject({ guid: z.string() }) }) }),
});

/** Status, headers and how long it takes. */
export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly afterMs?: number;
}
export interface Place {
  readonly relay: string;
  readonly tenant: string;
}

export interface Receiver {
  readonly received: Recording<Delivered>;
  /** Deletes its endpoint. */
  readonly remove: () => Promise<void>;
}

/** The tenant's messages go there from now on. */
export async function openReceiver(
  bench: Bench,
  place: Place,
  answer: () => Answer = () => ({ status: 200 }),
  chats: readonly string[] | null = null,
): Promise<Receiver> {
  const received = new Recording<Delivered>();
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const at = performance.timeOrigin + performance.now();
      const { status, headers = {}, afterMs } = answer();
      const end = (): void => void response.writeHead(status, headers).end();
      if (afterMs === undefined) end();
      else setTimeout(end, afterMs);
      const { data } = payloadSchema.parse(JSON.parse(Buffer.concat(chunks).toString("utf8")));
      received.add({ guid: data.data.message.guid, at });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  bench.later(() => {
    server.close();
    server.closeAllConnections();
  });
  const { port } = server.address() as AddressInfo;
  return { received, remove: await openEndpoint(place, `http://127.0.0.1:${port}/`, chats) };
}

/** An endpoint of the tenant's; returns what deletes it. */
export async function openEndpoint(
  { relay, tenant }: Place,
  url: string,
  chats: readonly string[] | null = null,
): Promise<Receiver["remove"]> {
  const path = `${relay}/v1/tenants/${tenant}/endpoints`;
  const ask = async (method: "POST" | "DELETE", to: string, body?: unknown): Promise<unknown> => {
    const answer = await http(to, { method, key: OPERATOR_KEY, body });
    if (answer.status < 300) return answer.json();
    throw new Error(`${method} of an endpoint: HTTP ${answer.status} ${answer.text.slice(0, 200)}`);
  };
  const body = { url, kinds: ["message.received"], chats };
  const { endpoint } = z.looseObject({ endpoint: z.string() }).parse(await ask("POST", path, body));
  return async () => void (await ask("DELETE", `${path}/${endpoint}`));
}
