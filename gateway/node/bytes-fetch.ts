import type { ClientRequest } from "node:http";
import type { BytesBody, BytesFetch } from "../client/bytes-http.ts";
import { headerOf, startRequest } from "./http-start.ts";
import { readText } from "./read-text.ts";

/** Both ways at the speed of the slower end, through the proxy of the environment where there is one. */
export const bytesFetch: BytesFetch = async (url, { method, headers, body, signal }) => {
  const length = body === undefined ? {} : { "content-length": String(body.length) };
  const { sent, answered } = await startRequest(url, {
    method,
    headers: { ...headers, ...length },
    ...(signal === undefined ? {} : { signal }),
  });
  const sending = body === undefined ? Promise.resolve(sent.end()) : sendBody(body, sent);
  // Why it failed is what `answered` is rejected with.
  sending.catch((error: unknown) => sent.destroy(error instanceof Error ? error : new Error("no body")));
  const response = await answered;
  return {
    status: response.statusCode ?? 0,
    headers: { get: (name) => headerOf(response, name) },
    text: async () => {
      const text = await readText(response);
      // An answer before the end of the body: nobody reads the rest, so the connection is of no use any more.
      if (!sent.writableEnded) sent.destroy();
      return text;
    },
    body: response,
  };
};

/** Until all is sent, or nobody wants it: an answer may come before the end. */
async function sendBody(body: BytesBody, sent: ClientRequest): Promise<void> {
  let isOver = false;
  /** Whoever waits for its chunk to be gone. */
  let gone = (): void => undefined;
  const stop = (): void => {
    isOver = true;
    gone();
  };
  sent.once("response", stop);
  sent.once("close", stop);
  for await (const chunk of body.open()) {
    if (isOver) return;
    // Its memory is not ours any more when the next one is asked for.
    await new Promise<void>((resolve) => {
      gone = resolve;
      sent.write(chunk, () => resolve());
    });
  }
  if (!isOver) sent.end();
}
