import { expect, it } from "vitest";
import { HOLD_LOOKS } from "../../agent/limits.ts";
import { VirtualAgent } from "./support/virtual-agent.ts";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const FROM = "+15550100101";

function old() {
  const mac = new VirtualAgent({ dialect: "0.9" });
  const chat = mac.script.dm(FROM);
  mac.script.appendText(chat, FROM, "before");
  mac.started();
  const shown = (guid: string): string[] =>
    mac.relay.rows.filter((row) => row.guid === guid).map(({ chatGuid }) => chatGuid);
  return { mac, chat, shown };
}

it("I2: a row that gets its chat in time is sent with it, once, while later rows pass", () => {
  const { mac, chat, shown } = old();
  const late = mac.script.appendUnjoined(FROM, "late");
  const next = mac.script.appendText(chat, FROM, "next");
  mac.advance(3 * SECOND);
  expect(mac.relay.guids()).toEqual([next]);
  mac.script.join(late, chat);
  mac.advance(3 * SECOND);
  expect(mac.relay.guids()).toEqual([next, late]);
  expect(shown(late)).toEqual([chat]);
});

it("LINK9: resume stays below a row that is held", () => {
  const { mac, chat } = old();
  mac.script.appendUnjoined(FROM, "late");
  mac.script.appendText(chat, FROM, "next");
  mac.advance(3 * SECOND);
  expect(mac.relay.resume).toBe(1);
});

it("I2: a row without its chat goes without after 10 s, and again with it when it comes", () => {
  const { mac, chat, shown } = old();
  const late = mac.script.appendUnjoined(FROM, "late");
  mac.advance(8 * SECOND);
  expect(shown(late)).toEqual([]);
  mac.advance(5 * SECOND);
  expect(shown(late)).toEqual([""]);
  mac.advance(20 * MINUTE);
  mac.script.join(late, chat);
  mac.advance(2 * MINUTE);
  expect(shown(late)).toEqual(["", chat]);
});

it("I2: it is looked at no more than 20 times before it goes", () => {
  const { mac } = old();
  const before = mac.requests("watch.subscribe").length;
  mac.script.appendUnjoined(FROM, "late");
  mac.advance(11 * SECOND);
  expect(mac.requests("watch.subscribe").length - before).toBeLessThanOrEqual(HOLD_LOOKS);
});

it("I2: a repair is looked for during an hour and not for ever", () => {
  const { mac, chat, shown } = old();
  const late = mac.script.appendUnjoined(FROM, "late");
  mac.advance(62 * MINUTE);
  expect(mac.agent.status().feed.repairs).toBe(0);
  mac.script.join(late, chat);
  mac.advance(5 * MINUTE);
  expect(shown(late)).toEqual([""]);
});

it("I2: a crash of the agent does not forget a row that waits for its chat", () => {
  const { mac, chat, shown } = old();
  const late = mac.script.appendUnjoined(FROM, "late");
  mac.script.appendText(chat, FROM, "next");
  mac.advance(3 * SECOND);
  mac.crash();
  mac.script.join(late, chat);
  mac.started(10 * SECOND);
  expect(shown(late)).toEqual([chat]);
});

it("I2: a crash of the agent does not forget the repair of a row already sent without its chat", () => {
  const { mac, chat, shown } = old();
  const late = mac.script.appendUnjoined(FROM, "late");
  mac.advance(12 * SECOND);
  mac.script.appendText(chat, FROM, "next");
  mac.advance(5 * SECOND);
  mac.crash();
  mac.started(5 * SECOND);
  mac.script.join(late, chat);
  mac.advance(2 * MINUTE);
  expect(shown(late).at(-1)).toBe(chat);
});

it("I2: a link that goes while a row is held brings it on the next one", () => {
  const { mac, chat, shown } = old();
  const late = mac.script.appendUnjoined(FROM, "late");
  mac.advance(3 * SECOND);
  mac.relay.cut();
  mac.script.join(late, chat);
  mac.advance(10 * SECOND);
  expect(shown(late)).toEqual([chat]);
});

it("I2: a row that is deleted while it is held is forgotten, and holds nothing up", () => {
  const mac = new VirtualAgent();
  const chat = mac.script.dm(FROM);
  mac.started();
  mac.crash();
  const gone = mac.script.appendUnjoined(FROM, "gone");
  const next = mac.script.appendText(chat, FROM, "next");
  mac.start();
  mac.advance(SECOND);
  expect(mac.agent.status().feed.held).toBe(1);
  mac.script.delete(gone);
  mac.advance(5 * SECOND);
  expect(mac.agent.status().feed).toMatchObject({ held: 0, repairs: 0 });
  mac.script.appendText(chat, FROM, "last");
  mac.advance(5 * SECOND);
  expect(mac.relay.guids()[0]).toBe(next);
  expect(mac.relay.resume).toBe(3);
});

it("I2: a row that is deleted while the link is away does not come back", () => {
  const { mac, shown } = old();
  const gone = mac.script.appendUnjoined(FROM, "gone");
  mac.advance(3 * SECOND);
  mac.relay.cut();
  mac.script.delete(gone);
  mac.advance(30 * SECOND);
  expect(shown(gone)).toEqual([]);
});

it("I2: a storm of orphans is bounded and passes", () => {
  const { mac, chat } = old();
  mac.crash();
  const orphans = Array.from({ length: 620 }, (_, at) => mac.script.appendUnjoined(FROM, `orphan ${at}`));
  const last = mac.script.appendText(chat, FROM, "last");
  mac.start();
  mac.advance(5 * SECOND);
  expect(mac.agent.status().feed.held).toBeLessThanOrEqual(500);
  expect(mac.relay.guids()).toContain(last);
  mac.advance(30 * SECOND);
  expect(new Set(mac.relay.guids())).toEqual(new Set([...orphans, last]));
});
