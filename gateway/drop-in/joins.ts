import type { Answer } from "../../shared/jsonrpc.ts";

interface Joined {
  /** The idempotency key under which the relay knows it. */
  readonly key: string;
  readonly answer: Promise<Answer>;
}

/**
 * Older gateways wait 10 s for a send and then send again, which is how people get a message two or three times.
 * While the first one is in flight, an identical one waits for the same answer.
 */
export class Joins {
  readonly #inFlight = new Map<string, Joined>();

  /** `key` is used if nothing like it is in flight; the answer's key is the one that was. */
  run(method: string, params: unknown, key: string, start: (key: string) => Promise<Answer>): Joined {
    const name = `${method} ${canonical(params)}`;
    const running = this.#inFlight.get(name);
    if (running !== undefined) return running;
    const joined = { key, answer: start(key).finally(() => this.#inFlight.delete(name)) };
    this.#inFlight.set(name, joined);
    return joined;
  }
}

/** The same text for the same value, whatever the order of its keys. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "null";
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonical(member)}`).join(",")}}`;
}
