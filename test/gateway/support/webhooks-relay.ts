// The endpoints' part of a relay over real HTTP: a tenant with the endpoints that the test puts there, and answers that
// it gives. What an answer is made of is the relay's own tests' business.
import type { IncomingMessage, ServerResponse } from "node:http";
import { encodeBase32 } from "../../../shared/base32.ts";
import { problem } from "../../../shared/errors.ts";
import { bodyOf, KEY, LocalRelay } from "./local-relay.ts";

export const OPERATOR_KEY = "operator-key-of-the-tests-0123456789";

/** ID1, with a MAC that nobody here looks at. */
const idOf = (kind: string, tenant: number, length: number, fill: number): string => {
  const bytes = new Uint8Array(length).fill(fill);
  bytes.set([1, 0]);
  bytes.fill(tenant, 2, 12);
  return `${kind}_${encodeBase32(bytes)}`;
};
export const OURS = idOf("ten", 7, 20, 1);
export const OUR_ACCOUNT = idOf("acc", 7, 30, 2);
export const OTHERS = idOf("ten", 8, 20, 5);
export const [FIRST, SECOND] = [idOf("end", 7, 30, 3), idOf("end", 7, 30, 4)];

export const endpoint = (id: string, more: object = {}): Record<string, unknown> => ({
  endpoint: id,
  url: "https://bot.example.com/hook",
  kinds: ["message.*"],
  chats: null,
  accounts: null,
  description: "",
  state: "active",
  reason: null,
  takes_replies: false,
  old_secret_until: null,
  failing_since: null,
  next_attempt_at: null,
  created_at: 1_700_000_000_000,
  changed_at: 1_700_000_000_000,
  ...more,
});

interface Asked {
  /** `METHOD path`, with TENANT and ACCOUNT for what belongs to ours. */
  readonly line: string;
  readonly body: unknown;
  readonly by: "operator" | "login" | "nobody";
}

type Answer = readonly [status: number, body: unknown];

export class WebhooksRelay extends LocalRelay {
  readonly asked: Asked[] = [];
  readonly answers = new Map<string, Answer>();
  /** For what cannot be known before, such as days. */
  otherwise: (line: string) => Answer | undefined = () => undefined;

  override get connection(): string {
    return `${this.url}/v1/accounts/${OUR_ACCOUNT}#${KEY}`;
  }

  get lines(): string[] {
    return this.asked.map(({ line }) => line);
  }

  /** Puts these there, with one health each. */
  has(...list: readonly Record<string, unknown>[]): void {
    this.answers.set("GET TENANT/endpoints", [200, { endpoints: list }]);
    const healths = list.map((one) => ({ endpoint: one["endpoint"], state: one["state"], delivered: 3 }));
    this.answers.set("GET ACCOUNT/endpoints", [200, { endpoints: healths }]);
  }

  protected override async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await bodyOf(request);
    const path = (request.url ?? "")
      .replace(`/v1/tenants/${OURS}`, "TENANT")
      .replace(`/v1/accounts/${OUR_ACCOUNT}`, "ACCOUNT");
    const { authorization } = request.headers;
    const by =
      authorization === `Bearer ${OPERATOR_KEY}`
        ? "operator"
        : authorization === `Bearer ${KEY}`
          ? "login"
          : "nobody";
    const line = `${request.method} ${path}`;
    this.asked.push({ line, body, by });
    const tenants = [OTHERS, OURS].map((tenant) => ({ tenant, name: "", created_at: 1 }));
    const [status, answer] =
      this.answers.get(line) ??
      this.otherwise(line) ??
      (line === "GET /v1/tenants" ? [200, { tenants }] : [404, problem("not_found", "req-1")]);
    response.writeHead(status, { "content-type": "application/json", "x-request-id": "req-1" });
    response.end(JSON.stringify(answer));
  }
}
