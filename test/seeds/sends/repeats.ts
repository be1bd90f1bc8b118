// When everything is over, every request is made once more under its key (I7): the same answer, no new operation; and
// another text under a key that was used is refused.
import type { VirtualRelay } from "../virtual-relay.ts";
import type { VirtualTime } from "../virtual-time.ts";
import type { SendFindings, Stored } from "./findings.ts";
import type { Ask } from "./senders.ts";

export class Repeats {
  /** An answer that waits for a guid waits no longer than this. */
  static readonly MS = 6_000;
  readonly #before: ReadonlyMap<string, Stored>;
  readonly #said = new Map<string, string>();

  constructor(relay: VirtualRelay, time: VirtualTime, asks: readonly Ask[], { stored }: SendFindings) {
    this.#before = new Map(stored.map((one) => [one.idempotency_key ?? "", one]));
    time.after(0, () => this.#ask(relay, asks));
  }

  broken(asks: readonly Ask[]): string[] {
    return asks.flatMap(({ key, request }) => {
      const stored = this.#before.get(key);
      if (stored === undefined) return [];
      const said = this.#said.get(key);
      const { id, outcome, guids } = stored;
      const expected = request.door === "channel" ? `${id} ${outcome} ${guids.length}` : stored.answer;
      const other = this.#said.get(`${key} with another text`) ?? "conflict";
      return [
        ...(said === expected ? [] : [`I7: ${key} asked again is ${said}, and was ${expected}`]),
        ...(other === "conflict" ? [] : [`I7: another text under ${key} is ${other}`]),
      ];
    });
  }

  #ask(relay: VirtualRelay, asks: readonly Ask[]): void {
    const { messages, requests } = relay.core.parts;
    for (const { key, request } of asks) {
      if (!this.#before.has(key)) continue;
      if (request.door === "channel") {
        const asker = { key: "key_sender", consumer: null };
        void messages.send(request.wish, asker, key).then((answer) => {
          const said = answer.ok ? answer.value : answer.error;
          this.#said.set(key, `${said.operation} ${said.outcome} ${said.delivered}`);
        });
        void messages.send({ ...request.wish, text: "other" }, asker, key).then((answer) => {
          this.#said.set(`${key} with another text`, answer.ok ? "accepted" : answer.error.code);
        });
      } else {
        const asker = { key: "key_sender", socket: null };
        const call = { method: "send", params: request.params, idempotency_key: key };
        requests.handle(call, asker, (answer) => {
          this.#said.set(key, JSON.stringify(answer));
        });
      }
    }
  }
}
