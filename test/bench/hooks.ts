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

/** The tenant's messages go there from now on. */
export async function openReceiver(
  bench: Bench,
  relay: string,
  tenant: string,
): Promise<Recording<Delivered>> {
  const received = new Recording<Delivered>();
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const at = performance.timeOrigin + performance.now();
      response.end();
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
  const body = { url: `http://127.0.0.1:${port}/`, kinds: ["message.received"] };
  const answer = await http(`${relay}/v1/tenants/${tenant}/endpoints`, {
    method: "POST",
    key: OPERATOR_KEY,
    body,
  });
  if (answer.status !== 201)
    throw new Error(`no endpoint: HTTP ${answer.status} ${answer.text.slice(0, 200)}`);
  return received;
}
