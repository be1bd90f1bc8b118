import {
  Agent as HttpAgent,
  request as httpRequest,
  type Agent,
  type ClientRequest,
  type IncomingMessage,
} from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import { TLSSocket } from "node:tls";
import { NeverLeft } from "../client/http.ts";
import { CONNECTION_IDLE_MS } from "../limits.ts";
import { proxyAgent } from "./proxy.ts";

interface StartOptions {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

interface Started {
  /** Whoever starts it sends the body, or ends it. */
  readonly sent: ClientRequest;
  /** Rejects with `NeverLeft` where no connection was made. */
  readonly answered: Promise<IncomingMessage>;
}

/**
 * Connections that are used again, but not after a server may have closed them: what is sent into one just then is
 * neither refused nor done, and a message would be unknown for nothing. Node's own wait 5 s, as workerd does.
 */
export const pooled = (idleMs: number): Readonly<Record<"http:" | "https:", Agent>> => {
  const options = { keepAlive: true, timeout: idleMs, scheduling: "lifo" } as const;
  return { "http:": new HttpAgent(options), "https:": new HttpsAgent(options) };
};
const POOL = pooled(CONNECTION_IDLE_MS);

/** Node's own fetch honours no proxy and takes 30 ms to load; this does, and is there already. */
export async function startRequest(url: string, options: StartOptions, pool = POOL): Promise<Started> {
  const isSecure = new URL(url).protocol === "https:";
  const agent = (await proxyAgent(url)) ?? pool[isSecure ? "https:" : "http:"];
  const send = isSecure ? httpsRequest : httpRequest;
  const { method, headers, signal } = options;
  const sent = send(url, {
    method,
    headers: { ...headers },
    ...(signal === undefined ? {} : { signal }),
    agent,
  });
  return { sent, answered: answerOf(sent) };
}

function answerOf(sent: ClientRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    let isConnected = false;
    const connected = (): void => {
      isConnected = true;
    };
    sent.on("socket", (socket) => {
      // One that was used before, or that a proxy's agent opened, is taken for open: whoever knows less says less.
      if (socket.connecting)
        socket.once(socket instanceof TLSSocket ? "secureConnect" : "connect", connected);
      else connected();
    });
    sent.on("response", resolve);
    sent.on("error", (error) => reject(isConnected ? error : new NeverLeft("no connection")));
  });
}

export function headerOf(response: IncomingMessage, name: string): string | null {
  const value = response.headers[name.toLowerCase()];
  return typeof value === "string" ? value : null;
}
