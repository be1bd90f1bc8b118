// One request, one connection: a pooled one would still point at a relay that was killed.
import { request } from "node:http";

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  readonly json: () => unknown;
}

export interface HttpAsk {
  readonly method?: string;
  readonly key?: string | undefined;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** Sent as it is, instead of `body` as JSON. */
  readonly raw?: string | Uint8Array;
}

const TIMEOUT_MS = 60_000;

export function http(url: string, ask: HttpAsk = {}): Promise<HttpAnswer> {
  const payload = ask.raw ?? (ask.body === undefined ? undefined : JSON.stringify(ask.body));
  const headers = {
    ...(ask.key === undefined ? {} : { authorization: `Bearer ${ask.key}` }),
    ...(payload === undefined
      ? {}
      : { "content-type": "application/json", "content-length": String(Buffer.byteLength(payload)) }),
    ...ask.headers,
  };
  return new Promise((resolve, reject) => {
    const sent = request(
      url,
      { method: ask.method ?? "GET", headers, agent: false, timeout: TIMEOUT_MS },
      (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.once("error", reject);
        response.once("end", () => {
          const text = Buffer.concat(chunks).toString("utf8");
          const status = response.statusCode ?? 0;
          resolve({ status, headers: response.headers, text, json: () => JSON.parse(text) as unknown });
        });
      },
    );
    sent.once("timeout", () => sent.destroy(new Error(`no answer from ${url} in time`)));
    sent.once("error", reject);
    sent.end(payload);
  });
}
