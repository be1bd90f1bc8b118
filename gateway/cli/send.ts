import { ChannelHttp } from "../client/channel.ts";
import { ClientError } from "../client/client-error.ts";
import type { SendOutcome } from "../client/operation-shapes.ts";
import { asking, type Asking } from "./asking.ts";
import { EXIT, type ExitCode } from "./exit-codes.ts";
import {
  asOutcome,
  DELIVERY_OPEN,
  DELIVERY_UNTOLD,
  refusalOf,
  verdictOn,
  type Verdict,
} from "./send-report.ts";
import { stageForSending } from "./send-files.ts";
import { readSendWish, type SendWish } from "./send-wish.ts";

/** One message, and what became of it. */
export const send = asking<SendWish>("send", {
  read: (invocation) => readSendWish(invocation, process.stdin),
  run: async (wish, ask) => {
    const staged = await stageForSending(wish.files, wish.key, ask);
    if (!staged.ok) return tell(staged.error, ask);
    tellOnInterrupt(wish, ask);
    return tell(await sendAndFollow(wish, staged.value, ask), ask);
  },
  scope: "send",
});

function tell({ exit, says, json }: Verdict, ask: Asking): ExitCode {
  if (ask.json) ask.say(JSON.stringify(json));
  if (exit !== EXIT.done && exit !== EXIT.queued) ask.note(says);
  else if (!ask.json) ask.say(says);
  return exit;
}

async function sendAndFollow(
  { message: typed, key, waitMs }: SendWish,
  attachments: readonly string[],
  { target }: Asking,
): Promise<Verdict> {
  const channel = new ChannelHttp(target);
  const message = attachments.length === 0 ? typed : { ...typed, attachments };
  let outcome: SendOutcome;
  try {
    outcome = await channel.send(message, { idempotencyKey: key });
  } catch (error) {
    if (!(error instanceof ClientError)) throw error;
    return refusalOf(error, key);
  }
  if (waitMs === 0) return verdictOn(outcome);
  try {
    return await followed(outcome, channel, waitMs);
  } catch (error) {
    if (!(error instanceof ClientError)) throw error;
    // What the relay answered before still holds.
    return verdictOn(outcome, DELIVERY_OPEN);
  }
}

/** To the outcome, and then to the delivery, where the Mac can tell of that. */
async function followed(outcome: SendOutcome, channel: ChannelHttp, waitMs: number): Promise<Verdict> {
  const key = outcome.idempotency_key;
  const known = await channel.settled(key, { timeoutMs: waitMs, upTo: "delivery" });
  if (known === undefined) return verdictOn(outcome, DELIVERY_OPEN);
  return verdictOn(asOutcome(known, key), known.followed ? DELIVERY_OPEN : DELIVERY_UNTOLD);
}

/** Ctrl-C takes nothing back: whoever presses it must know how to find out. */
function tellOnInterrupt({ key }: SendWish, { note }: Asking): void {
  process.once("SIGINT", () => {
    note(`interrupted; it may have gone out. What became of it: imsg-relay operations --key ${key}`);
    process.exit(EXIT.interrupted satisfies ExitCode);
  });
}
