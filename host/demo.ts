// `npm run demo`: a tour through the real parts. Whatever a step promises it checks, and says why where it is not so.
import * as z from "zod";
import { chatsSchema, historySchema } from "../shared/imsg.ts";
import type { DropInAnswer } from "./drop-in.ts";
import type { Layout } from "./layout.ts";
import { Narrator } from "./narrator.ts";
import { onInterruption } from "./signals.ts";
import type { Terminal } from "./terminal.ts";
import { TourParts } from "./tour-parts.ts";

const chatSchema = z.looseObject({
  id: z.int(),
  guid: z.string(),
  name: z.string(),
  participants: z.array(z.string()),
  is_group: z.boolean(),
});
type Chat = z.infer<typeof chatSchema>;
const lineSchema = z.looseObject({ text: z.string(), sender: z.string(), is_from_me: z.boolean() });
const sentSchema = z.looseObject({ result: z.looseObject({ guid: z.string() }) });

const FRIEND = "+15550100111";
const KEY = "tour-1";

export async function demo(layout: Layout, terminal: Terminal): Promise<number> {
  const parts = new TourParts(layout);
  const interruption = onInterruption(() => process.exit(1));
  const narrator = new Narrator(terminal, terminal.isTTY, interruption.wasAsked);
  const started = Date.now();
  try {
    const tour = new Tour(parts, narrator);
    const gaveUp = interruption.asked.then(() => {
      throw new Error("interrupted");
    });
    await Promise.race([tour.all(), gaveUp]);
    terminal.say();
    terminal.say(`That was imsg-relay, in ${((Date.now() - started) / 1_000).toFixed(0)} s. Next: npm start`);
    return 0;
  } catch (error) {
    terminal.say();
    terminal.warn(`The tour ends here: ${error instanceof Error ? error.message : String(error)}`);
    return 1;
  } finally {
    await parts.stop();
  }
}

class Tour {
  readonly #parts: TourParts;
  readonly #narrator: Narrator;

  constructor(parts: TourParts, narrator: Narrator) {
    this.#parts = parts;
    this.#narrator = narrator;
  }

  async all(): Promise<void> {
    await this.#start();
    const chats = await this.#chats();
    const friend = chats.find(({ participants, is_group }) => !is_group && participants.includes(FRIEND));
    if (friend === undefined) throw new Error("the demo Mac has no chat with Maya");
    await this.#history(chats.find(({ is_group }) => is_group) ?? friend);
    await this.#arriving(friend);
    await this.#sending(friend);
    await this.#macAway(friend);
    await this.#relayAway(friend);
  }

  async #start(): Promise<void> {
    const { step, command, good } = bound(this.#narrator);
    await step("A relay, an account, a Mac");
    await this.#parts.startRelay();
    command(`imsg-relay setup ${this.#parts.relayUrl}`);
    const { account, enrolment } = await this.#parts.setUp();
    command(`imsg-relay-agent enroll '${enrolment.url.slice(0, this.#parts.relayUrl.length + 12)}…'`);
    command("imsg-relay-agent run");
    const ms = await this.#parts.startAgent();
    good(`the Mac serves ${account.slice(0, 16)}…, ${ms} ms after its agent was started; it opened no port`);
  }

  async #chats(): Promise<Chat[]> {
    const { step, command, tells } = bound(this.#narrator);
    await step("A gateway far away asks for the chats, as it would ask imsg itself");
    command("imsg-relay rpc            # what OpenClaw runs when this is its cliPath");
    await this.#parts.startGateway();
    const chats = z
      .array(chatSchema)
      .parse(chatsSchema.parse(await this.#ask("chats.list", { limit: 5 })).chats);
    for (const chat of chats) tells(`   ${String(chat.id).padStart(2)}  ${titleOf(chat)}`);
    if (chats.length === 0) throw new Error("the demo Mac shows no chats");
    return chats;
  }

  async #history(chat: Chat): Promise<void> {
    const { step, tells } = bound(this.#narrator);
    await step(`What was said in “${titleOf(chat)}”`);
    const result = await this.#ask("messages.history", { chat_id: chat.id, limit: 4 });
    const lines = z.array(lineSchema).parse(historySchema.parse(result).messages).reverse();
    for (const { sender, is_from_me, text } of lines) {
      tells(`   ${is_from_me ? "me" : sender}: ${text.replaceAll("\uFFFC", "[picture] ")}`);
    }
    if (lines.length === 0) throw new Error("the history is empty");
  }

  async #arriving({ guid }: Chat): Promise<void> {
    const { step, tells, answers, good } = bound(this.#narrator);
    await step("A message arrives");
    await this.#ask("watch.subscribe", { include_reactions: true });
    const text = "Can you bring the rope? I forgot mine";
    const seen = this.#parts.dropIn.shown(text).then((message) => ({ message, at: Date.now() }));
    await this.#parts.receive(guid, FRIEND, text);
    tells(`Maya writes: “${text}”`);
    const { message, at } = await seen;
    answers({ method: "message", params: { message } });
    const ms = at - Date.parse(message.created_at);
    good(`seen by the gateway ${ms} ms after it was written, and stored by the relay before that`);
  }

  async #sending({ id, guid }: Chat): Promise<void> {
    const { step, command, answers, good } = bound(this.#narrator);
    await step("An answer, asked for twice by mistake: it is sent once");
    const text = "Got it, see you at 9:30";
    const request = { jsonrpc: "2.0", id: 1, method: "send", params: { chat_guid: guid, text } };
    const sent: string[] = [];
    for (let time = 1; time <= 2; time += 1) {
      command(
        `curl -H 'Idempotency-Key: ${KEY}' …/rpc -d '${JSON.stringify({ method: "send", params: request.params })}'`,
      );
      const answer = await this.#parts.post(request, { "idempotency-key": KEY });
      sent.push(sentSchema.parse(answer).result.guid);
      answers(answer);
    }
    await this.#parts.dropIn.shown(text);
    const history = historySchema.parse(
      await this.#ask("messages.history", { chat_id: id, limit: 10 }, false),
    ).messages;
    const times = z
      .array(lineSchema)
      .parse(history)
      .filter((line) => line.text === text).length;
    if (times !== 1 || sent[0] !== sent[1]) throw new Error(`the message is ${times} times on the Mac`);
    good("one message on the Mac, one guid, twice the same answer");
  }

  async #macAway({ guid }: Chat): Promise<void> {
    const { step, command, tells, asks, answers, good } = bound(this.#narrator);
    await step("The Mac loses its connection");
    command(`kill -9 ${await this.#parts.killAgent()}        # the agent`);
    command("imsg-relay status");
    const status = await this.#parts.gateway("status");
    tells(`   ${status.split("\n").find((line) => line.startsWith("Mac")) ?? status}`);
    const params = { chat_guid: guid, text: "Are you there?" };
    asks({ method: "send", params });
    const { error } = await this.#parts.dropIn.request("send", params);
    if (error === undefined) throw new Error("a send without a Mac was not refused");
    answers({ error });
    good("refused at once, and safe to repeat: nothing was handed to Messages");
    const texts = ["Never mind, found a rope", "And coffee ☕️"];
    for (const text of texts) await this.#parts.receive(guid, FRIEND, text);
    tells(`Meanwhile Maya writes: ${texts.map((text) => `“${text}”`).join(", ")}`);
    await step("… and is back");
    command("imsg-relay-agent run");
    const at = Date.now();
    await this.#parts.startAgent();
    await this.#allShown(texts);
    good(`both messages, in order, once each, ${Date.now() - at} ms after the agent was started again`);
  }

  async #relayAway({ guid }: Chat): Promise<void> {
    const { step, command, tells, good } = bound(this.#narrator);
    await step("The relay's power fails, too");
    command(`kill -9 ${await this.#parts.killRelay()}        # workerd`);
    const text = "Running late, 9:45!";
    await this.#parts.receive(guid, FRIEND, text);
    tells(`Meanwhile Maya writes: “${text}”`);
    const at = Date.now();
    await this.#parts.startRelay();
    await this.#allShown([text]);
    good(`the Mac and the gateway found back by themselves: there after ${Date.now() - at} ms, nothing lost`);
  }

  /** Each of them, once, in this order. */
  async #allShown(texts: readonly string[]): Promise<void> {
    for (const text of texts) await this.#parts.dropIn.shown(text);
    const seen = this.#parts.dropIn.messages.map(({ text }) => text).filter((text) => texts.includes(text));
    if (seen.join("\n") !== texts.join("\n")) throw new Error(`the gateway saw ${JSON.stringify(seen)}`);
  }

  async #ask(method: string, params: Readonly<Record<string, unknown>>, isTold = true): Promise<unknown> {
    if (isTold) this.#narrator.asks({ method, params });
    const { result, error } = await this.#parts.dropIn.request(method, params);
    if (error !== undefined) throw new Error(`${method}: ${error.message}${detail(error)}`);
    if (isTold) this.#narrator.answers({ result });
    return result;
  }
}

const detail = ({ data }: NonNullable<DropInAnswer["error"]>): string =>
  typeof data === "string" ? ` (${data})` : "";

const titleOf = ({ name, participants }: Chat): string => name || participants.join(", ");

/** The narrator's words, short enough to read the steps by. */
const bound = (narrator: Narrator) => ({
  step: narrator.step.bind(narrator),
  command: narrator.command.bind(narrator),
  asks: narrator.asks.bind(narrator),
  answers: narrator.answers.bind(narrator),
  tells: narrator.tells.bind(narrator),
  good: narrator.good.bind(narrator),
});
