// One request to the relay, the way the agent's own go: through the proxy that the environment names.
import { request as httpRequest, type Agent, type ClientRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import type { LookupFunction } from "node:net";
import { DOCTOR_ANSWER_BYTES, DOCTOR_REQUEST_MS } from "../../limits.ts";
import { proxyAgent, proxyFor } from "../../node/dial.ts";
import type { AskFacts } from "../facts.ts";
import { readHealthAnswer } from "../read/health-answer.ts";

export interface AskOptions {
  readonly signal: AbortSignal;
  /** Both as Node has them by itself, but for tests. */
  readonly lookup?: LookupFunction;
  readonly ca?: string;
  readonly ms?: number;
}

export async function ask(url: string, options: AskOptions): Promise<AskFacts> {
  const proxy = hostOf(proxyFor(url));
  let agent: Agent | undefined;
  try {
    agent = await proxyAgent(url);
  } catch {
    return { kind: "failed", proxy, code: "its address is not understood", atProxy: true };
  }
  return await new Promise((resolve) => {
    const { signal, lookup, ca, ms = DOCTOR_REQUEST_MS } = options;
    const began = Date.now();
    /** What the proxy answered; undefined = it was not reached, or there is none. */
    let connected: number | undefined;
    const make = url.startsWith("https:") ? httpsRequest : httpRequest;
    const request: ClientRequest = make(url, {
      method: "GET",
      headers: { accept: "application/json" },
      signal,
      // A connection of its own each time: it is the connecting that is looked at.
      agent: agent ?? false,
      ...(lookup === undefined ? {} : { lookup }),
      ...(ca === undefined ? {} : { ca }),
    });
    const timer = setTimeout(
      () => request.destroy(Object.assign(new Error("late"), { code: "ETIMEDOUT" })),
      ms,
    );
    const end = (facts: AskFacts): void => {
      clearTimeout(timer);
      resolve(facts);
    };
    request.on("proxyConnect", ({ statusCode }: { statusCode: number }) => (connected = statusCode));
    request.on("response", (response) => {
      const status = response.statusCode ?? 0;
      if (connected !== undefined && connected !== 200) {
        request.destroy();
        end({ kind: "proxy_refused", proxy, status: connected });
        return;
      }
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (piece: string) => {
        text += piece;
        if (text.length > DOCTOR_ANSWER_BYTES)
          response.destroy(Object.assign(new Error("long"), { code: "too long" }));
      });
      const failed = (error: NodeJS.ErrnoException): void =>
        end({ kind: "failed", proxy, code: error.code ?? "cut off", atProxy: false });
      response.on("error", failed);
      response.on("end", () => {
        const now = Date.now();
        const said = readHealthAnswer({ status, text })?.time ?? Date.parse(response.headers.date ?? "");
        // What it says is about as old as half the way there and back.
        const skewMs = Number.isNaN(said) ? null : Math.round(said - (began + now) / 2);
        const location = response.headers.location ?? null;
        end({ kind: "answered", proxy, status, text, location, skewMs, tookMs: now - began });
      });
    });
    request.on("error", (error: NodeJS.ErrnoException) =>
      end({
        kind: "failed",
        proxy,
        code: error.code ?? "unknown",
        atProxy: agent !== undefined && connected === undefined,
      }),
    );
    request.end();
  });
}

/** Host and port: a proxy's address may hold a password. */
function hostOf(proxy: string): string | null {
  if (proxy === "") return null;
  try {
    return new URL(proxy).host || "HTTPS_PROXY";
  } catch {
    return "HTTPS_PROXY";
  }
}
