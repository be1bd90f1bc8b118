// One JSON request to the relay. node:http and not fetch: fetch cannot be given the proxy's agent.
import { request as httpRequest, type Agent } from "node:http";
import { request as httpsRequest } from "node:https";
import { MAX_ADMIN_BODY_BYTES } from "../../shared/limits.ts";
import { err, ok, type Result } from "../../shared/result.ts";
import { HTTP_MS } from "../limits.ts";

export interface Answered {
  readonly status: number;
  readonly text: string;
  /** Where a redirect points. */
  readonly location: string | undefined;
}

/** The error is that of the connection: its code, or words of ours. Redirects are not followed. */
export function postJson(
  url: string,
  body: unknown,
  agent: Agent | undefined,
): Promise<Result<Answered, string>> {
  const text = JSON.stringify(body);
  return new Promise((resolve) => {
    const make = url.startsWith("https:") ? httpsRequest : httpRequest;
    const request = make(
      url,
      {
        method: "POST",
        headers: { "content-type": "application/json", "content-length": Buffer.byteLength(text) },
        ...(agent === undefined ? {} : { agent }),
      },
      (response) => {
        let text = "";
        response.setEncoding("utf8");
        response.on("data", (piece: string) => {
          text += piece;
          if (text.length > MAX_ADMIN_BODY_BYTES) request.destroy(new Error("its answer is too long"));
        });
        response.on("end", () => {
          const { statusCode = 0, headers } = response;
          resolve(ok({ status: statusCode, text, location: headers.location }));
        });
        response.on("error", (error: NodeJS.ErrnoException) => resolve(err(error.code ?? error.message)));
      },
    );
    // Of all of it: an answer that comes drop by drop is none.
    const timer = setTimeout(() => request.destroy(new Error("no answer in time")), HTTP_MS);
    request.on("close", () => clearTimeout(timer));
    request.on("error", (error: NodeJS.ErrnoException) => resolve(err(error.code ?? error.message)));
    request.end(text);
  });
}
