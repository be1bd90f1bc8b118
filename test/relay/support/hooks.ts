// Webhook endpoints of a channel's tenant, and the internet that their requests go to.
import { vi, type MockInstance } from "vitest";
import type { Channel } from "./channel.ts";
import { ask, get, type Ask, type Json } from "./http.ts";

export const URL_OF_BOT = "https://bot.example.com/hook";

export interface Posted {
  readonly url: string;
  readonly headers: Headers;
  readonly body: string;
  readonly payload: { readonly type: string; readonly data: Json };
}

type Answer = (posted: Posted) => Response | Promise<Response>;

/** What the relay sends out; answered with 200 until it is told otherwise. */
export class Internet {
  readonly posted: Posted[] = [];
  answer: Answer = () => new Response("");
  readonly #spy: MockInstance<typeof fetch>;

  constructor() {
    this.#spy = vi.spyOn(globalThis, "fetch").mockImplementation(async (input, init) => {
      const request = new Request(input, init);
      const { url, headers } = request;
      const body = await request.text();
      const posted: Posted = { url, headers, body, payload: JSON.parse(body) as Posted["payload"] };
      this.posted.push(posted);
      return this.answer(posted);
    });
  }

  of(type: string): Posted[] {
    return this.posted.filter(({ payload }) => payload.type === type);
  }

  /** As soon as so many of that kind were sent. */
  async until(type: string, count = 1): Promise<Posted> {
    await vi.waitUntil(() => this.of(type).length >= count, { timeout: 5_000, interval: 5 });
    const last = this.of(type).at(count - 1);
    if (last === undefined) throw new Error(`no ${type}`);
    return last;
  }

  close(): void {
    this.#spy.mockRestore();
  }
}

export const endpointsOf = ({ account }: Channel, rest = ""): string =>
  `/v1/tenants/${account.tenant}/endpoints${rest}`;
export const hooksOf = ({ account }: Channel, rest = ""): string =>
  `/v1/accounts/${account.account}/endpoints${rest}`;

/** With the tenant's own key. */
export const hook = (
  of: Channel,
  status: number,
  method: string,
  path: string,
  body?: unknown,
): Promise<Json> =>
  get(status, method, path, { key: of.key.credential, ...(body === undefined ? {} : { body }) });

export async function endpoint(of: Channel, more: Json = {}): Promise<{ id: string; secret: string }> {
  const made = await hook(of, 201, "POST", endpointsOf(of), {
    url: URL_OF_BOT,
    kinds: ["message.*"],
    ...more,
  });
  return { id: String(made["endpoint"]), secret: String(made["secret"]) };
}

export const statusOfAsk = async (method: string, path: string, asked?: Ask): Promise<number> =>
  (await ask(method, path, asked)).status;
