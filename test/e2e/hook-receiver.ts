// Somebody's server that webhooks are sent to: it verifies each by the official library, and answers as it is told.
import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { Webhook } from "standardwebhooks";
import * as z from "zod";
import { Recording } from "./waiting.ts";

const payloadSchema = z.looseObject({
  type: z.string(),
  timestamp: z.string(),
  // Of a test there is no event.
  data: z.looseObject({
    id: z.string().default(""),
    kind: z.string().default(""),
    chat: z.string().nullable().default(null),
    late: z.boolean().optional(),
    data: z.looseObject({}).default({}),
  }),
});

export interface Received {
  readonly id: string;
  readonly payload: z.infer<typeof payloadSchema>;
  /** By each secret that was tried. */
  readonly verified: readonly boolean[];
  /** What it was answered. */
  status: number;
}
export interface HookAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** It takes so long. */
  readonly afterMs?: number;
}

export class HookReceiver {
  readonly url: string;
  readonly received = new Recording<Received>();
  secrets: string[] = [];
  answer: (received: Received) => HookAnswer = () => ({ status: 200 });
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;
  }

  static async start(): Promise<HookReceiver> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const receiver = new HookReceiver(server);
    server.on("request", (request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        const received = receiver.#read(Buffer.concat(chunks).toString("utf8"), request.headers);
        const { status, headers = {}, body = "", afterMs = 0 } = receiver.answer(received);
        received.status = status;
        receiver.received.add(received);
        const answer = (): void => void response.writeHead(status, headers).end(body);
        if (afterMs === 0) answer();
        else setTimeout(answer, afterMs);
      });
    });
    return receiver;
  }

  stop(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  #read(body: string, headers: IncomingHttpHeaders): Received {
    const signed = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
    const verified = this.secrets.map((secret) => {
      try {
        new Webhook(secret).verify(body, signed);
        return true;
      } catch {
        return false;
      }
    });
    return {
      id: String(headers["webhook-id"]),
      payload: payloadSchema.parse(JSON.parse(body)),
      verified,
      status: 0,
    };
  }
}
