// Sends of several chats under every spelling, while imsg is slow, dies and is started anew: one seed, one history.
import { expect, it } from "vitest";
import { DEFAULT_CONFIG } from "../../agent/config/config.ts";
import { outcomeOf } from "../../shared/outcome.ts";
import { seededRandom } from "../imsg-sim/random.ts";
import { VirtualAgent } from "./support/virtual-agent.ts";

const SECOND = 1_000;
const SEEDS = 30;
const SENDS = 40;
/** The agent is back by then: a call of this relay's that nobody hears is not given again. */
const BACK_MS = 4 * SECOND;
const HANDLES = ["+15550100101", "+15550100102", "+15550100103"];
/** Of that chat, or of any. */
interface Given {
  readonly text: string;
  readonly chat: number | undefined;
}

/** What was sent before something that was given earlier and may be of the same chat. */
function disorder(given: readonly Given[], sent: readonly string[]): string[] {
  const order = given.filter(({ text }) => sent.includes(text));
  return order.flatMap((first, at) =>
    order
      .slice(at + 1)
      .filter(({ chat }) => chat === undefined || first.chat === undefined || chat === first.chat)
      .filter(({ text }) => sent.indexOf(text) < sent.indexOf(first.text))
      .map(({ text }) => `${text} before ${first.text}`),
  );
}

function history(seed: number): { readonly mac: VirtualAgent; readonly given: readonly Given[] } {
  const random = seededRandom(seed);
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T;
  const times = { ...DEFAULT_CONFIG.times, mutationMs: 40 * SECOND };
  const mac = new VirtualAgent({ dialect: pick(["0.15", "0.9"]), seed, config: { times } });
  mac.journal.delayMs = 3;
  for (const handle of HANDLES) mac.script.appendText(mac.script.dm(handle), handle, "hi");
  mac.started();
  const given: Given[] = [];
  for (let at = 0; at < SENDS; at += 1) {
    const chat = Math.floor(random() * HANDLES.length);
    const handle = HANDLES[chat] ?? "";
    const isVague = random() < 0.1;
    const to = isVague
      ? { to: handle.slice(2) }
      : pick([
          { to: handle },
          { chat_guid: `any;-;${handle}` },
          { chat_id: chat + 1 },
          { chat_identifier: handle },
        ]);
    const text = `${at}`;
    mac.relay.call("send", { ...to, text }, { operation: `op-${text}`, deadline: 170 * SECOND });
    given.push({ text, chat: isVague ? undefined : chat });
    const fate = random();
    if (fate < 0.25) mac.faults.set({ kind: "hold", ms: random() * 15 * SECOND, method: "send" });
    else if (fate < 0.3) mac.faults.set({ kind: "hang", method: "send" });
    else if (fate < 0.35)
      mac.faults.set({ kind: "crash", at: pick(["before_effect", "after_effect"]), method: "send" });
    else if (fate < 0.38) {
      mac.relay.cut();
      mac.advance(BACK_MS);
    }
    mac.advance(random() < 0.5 ? 0 : random() * 6 * SECOND);
  }
  mac.advance(400 * SECOND);
  return { mac, given };
}

it(`LINK14, I6: in ${SEEDS} histories sends of one chat keep their order, and each has one outcome and one effect`, () => {
  const broken: string[] = [];
  let extras = 0;
  for (let seed = 1; seed <= SEEDS; seed += 1) {
    const { mac, given } = history(seed);
    const sent = mac.database.effects.flatMap((op) => (op.op === "message" ? [op.text] : []));
    const wrong = disorder(given, sent);
    for (const { text } of given) {
      const outcomes = new Set(mac.relay.answersTo(`op-${text}`).map((answer) => outcomeOf(answer)));
      const times = sent.filter((one) => one === text).length;
      if (outcomes.size !== 1) wrong.push(`${text} has the outcomes ${[...outcomes].join()}`);
      if (times > 1) wrong.push(`${text} was sent ${times} times`);
      if ((outcomes.has("sent") && times === 0) || (outcomes.has("not_sent") && times > 0))
        wrong.push(`${text} is said to be ${[...outcomes].join()} and was sent ${times} times`);
    }
    extras += mac.events("imsg_extra").length;
    if (wrong.length > 0) broken.push(`seed ${seed}: ${wrong.slice(0, 5).join("; ")}`);
  }
  expect(broken).toEqual([]);
  expect(extras).toBeGreaterThan(SEEDS / 2);
});
