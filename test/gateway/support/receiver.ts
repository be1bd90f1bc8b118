// Somebody's server that webhooks are posted to, which goes away and comes back; every request is verified by the
// official library.
import type { IncomingMessage, ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import { Webhook } from "standardwebhooks";
import { LocalRelay } from "./local-relay.ts";

interface Posted {
  readonly id: string;
  readonly body: { readonly type: string; readonly data: { readonly id: string; readonly data: unknown } };
  readonly isSigned: boolean;
}
interface Answer {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Any server of a test's own is what a stand-in for a relay is: an address that can be away. */
export class Receiver extends LocalRelay {
  readonly posted: Posted[] = [];
  secret = "";
  respond: (posted: Posted) => Answer | Promise<Answer> = () => ({ status: 204 });

  get ids(): string[] {
    return this.posted.map(({ body }) => body.data.id);
  }

  protected override async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const raw = await text(request);
    const headers = Object.fromEntries(
      Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
    );
    const body = JSON.parse(raw) as Posted["body"];
    const posted = { id: String(headers["webhook-id"]), body, isSigned: this.#isSigned(raw, headers) };
    this.posted.push(posted);
    this.changed();
    const { status, body: answer, headers: more } = await this.respond(posted);
    response.writeHead(status, { "content-type": "application/json", ...more });
    response.end(answer === undefined ? undefined : JSON.stringify(answer));
  }

  #isSigned(raw: string, headers: Record<string, string>): boolean {
    try {
      new Webhook(this.secret).verify(raw, headers);
      return true;
    } catch {
      return false;
    }
  }
}
