// A well-behaved Mac and gateway on the same relay, and the proof that nothing done to others reached them.
import { randomUUID } from "node:crypto";
import * as z from "zod";
import type { Account } from "./owner.ts";
import { enrol, RawLink } from "./raw-link.ts";
import { Tunnel } from "./tunnel.ts";

export class Bystander {
  readonly account: Account;
  readonly #link: RawLink;
  readonly #tunnel: Tunnel;
  #n = 0;

  private constructor(account: Account, link: RawLink, tunnel: Tunnel) {
    this.account = account;
    this.#link = link;
    this.#tunnel = tunnel;
  }

  static async start(relay: string, account: Account): Promise<Bystander> {
    const link = await RawLink.welcomed(relay, await enrol(relay, account.account));
    const url = `${relay.replace("http", "ws")}/v1/accounts/${account.account}/rpc`;
    const tunnel = await Tunnel.open(url, account.credential);
    await tunnel.subscribe();
    return new Bystander(account, link, tunnel);
  }

  /** A message still travels from its Mac to its gateway, over the links it had from the start. */
  async isUnharmed(): Promise<boolean> {
    this.#n += 1;
    const n = this.#n;
    const guid = randomUUID();
    this.#link.send({
      t: "events",
      n,
      database: 0,
      resume: n,
      rows: [{ rowid: n, message: messageRow(n, guid) }],
    });
    await this.#tunnel.message((message) => message.guid === guid, "the bystander's message", 3_000);
    await this.#link.frames.find((frame) => ackSchema.safeParse(frame).data?.n === n, "its ack", 3_000);
    return true;
  }

  close(): void {
    this.#link.close();
    this.#tunnel.close();
  }
}

const ackSchema = z.looseObject({ t: z.literal("ack"), n: z.int() });

export const messageRow = (id: number, guid: string): Record<string, unknown> => ({
  id,
  guid,
  chat_id: 1,
  chat_guid: "any;-;+15550100111",
  chat_identifier: "+15550100111",
  sender: "+15550100111",
  is_from_me: false,
  is_group: false,
  participants: ["+15550100111"],
  text: "hello",
  created_at: new Date().toISOString(),
  attachments: [],
  reactions: [],
});
