// Macs whose gateways never rest: each call is answered at once by its link, so that nothing but the relay is measured.
import * as z from "zod";
import { connect } from "../../gateway/client/connect.ts";
import { wsDial } from "../../gateway/node/ws-dial.ts";
import { RawLink, type Identity } from "../e2e/raw-link.ts";
import { beat, idleLink, type Fleet } from "./idle-links.ts";
import type { Bench } from "./row.ts";
import { CALL } from "./stdio-rpc.ts";
import { sleep, timed } from "./timing.ts";

const welcomeSchema = z.looseObject({ epoch: z.int() });
const callSchema = z.looseObject({ call: z.string() });

export interface BusyMac {
  /** Milliseconds of each of so many calls, with a pause after each; the first comes `delayMs` from now. */
  readonly work: (calls: number, pauseMs: number, delayMs: number) => Promise<number[]>;
}

export async function openBusy(
  bench: Bench,
  { relay, credential }: Fleet,
  identity: Identity,
): Promise<BusyMac> {
  const { account } = identity;
  const link = await RawLink.welcomed(relay.url, identity);
  bench.later(beat([idleLink(link)]));
  const { epoch } = welcomeSchema.parse(await link.frame("welcome"));
  link.onFrame = (frame) => {
    if (frame.t !== "call") return;
    const { call } = callSchema.parse(frame);
    link.send({ t: "result", call, epoch, answer: { result: { chats: [] } } });
  };
  const tunnel = connect({ relay: relay.url, account, key: credential, dial: wsDial });
  bench.later(() => tunnel.close());
  const one = async (): Promise<void> => {
    const answer = await tunnel.call(CALL.method, CALL.params);
    if ("error" in answer) throw new Error(JSON.stringify(answer.error));
  };
  await one();
  const work = async (calls: number, pauseMs: number, delayMs: number): Promise<number[]> => {
    const times: number[] = [];
    await sleep(delayMs);
    for (let made = 0; made < calls; made += 1) {
      times.push(await timed(one));
      await sleep(pauseMs);
    }
    return times;
  };
  return { work };
}
