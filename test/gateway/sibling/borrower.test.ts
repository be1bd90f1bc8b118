import { describe, expect, test } from "vitest";
import { Borrower } from "../../../gateway/sibling/borrower.ts";
import type { Keyed } from "../../../gateway/sibling/protocol.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

const SEND = '{"id":1,"method":"send","params":{"text":"say \\"watch.this\\""}}';
const LIST = '{"id":2,"method":"chats.list"}';

function borrow(isOld = false) {
  const clock = new VirtualClock();
  const sent: string[] = [];
  const out: string[] = [];
  const handed: (readonly Keyed[])[] = [];
  const seen = { hangUps: 0, done: 0 };
  let keys = 0;
  const borrower = new Borrower({
    clock,
    isOld,
    mintKey: () => `k${(keys += 1)}`,
    send: (line) => sent.push(line),
    hangUp: () => (seen.hangUps += 1),
    answer: (line) => out.push(line),
    own: (open) => handed.push(open),
    done: () => (seen.done += 1),
  });
  const greet = (): void => {
    borrower.connected();
    borrower.lenderLine("!ready");
  };
  return { clock, borrower, sent, out, handed, seen, greet };
}

describe("a conversation over a lent connection", () => {
  test("requests go out with keys of the sibling's own, answers come back as they are, the end ends it", () => {
    const { borrower, sent, out, seen, greet, handed } = borrow();
    borrower.line(SEND);
    greet();
    borrower.line(LIST);
    expect(sent).toEqual(["!hello json", `k1 ${SEND}`, `k2 ${LIST}`]);
    borrower.end();
    borrower.lenderLine('k2 {"id":2,"result":{"a b":1}}');
    expect(seen.done).toBe(0);
    borrower.lenderLine("k1");
    expect([out, seen.done, seen.hangUps]).toEqual([['{"id":2,"result":{"a b":1}}'], 1, 1]);
    expect(handed).toEqual([]);
  });

  test("RPC6 when the lender dies in a call, what is open is asked elsewhere with the same keys and nothing else is", () => {
    const { borrower, handed, greet, out } = borrow();
    greet();
    borrower.line(SEND);
    borrower.line(LIST);
    borrower.lenderLine('k2 {"id":2,"result":1}');
    borrower.lenderLost();
    expect(handed).toEqual([[{ key: "k1", text: SEND }]]);
    borrower.lenderLine('k1 {"id":1,"result":"late"}');
    borrower.lenderLost();
    expect(out).toHaveLength(1);
    expect(handed).toHaveLength(1);
  });

  test("I7 a joined send is asked elsewhere under the key it runs under", () => {
    const { borrower, handed, greet, sent } = borrow(true);
    greet();
    borrower.line(SEND);
    borrower.lenderLine("!same k1 first-key");
    borrower.lenderLost();
    expect(sent[0]).toBe("!hello old");
    expect(handed).toEqual([[{ key: "first-key", text: SEND }]]);
  });

  test("a subscription wants a connection of its own, and takes the open calls along", () => {
    const { borrower, handed, greet } = borrow();
    const subscribe = '{"id":3,"method":"watch.subscribe"}';
    greet();
    borrower.line(SEND);
    borrower.line(subscribe);
    expect(handed).toEqual([
      [
        { key: "k1", text: SEND },
        { key: "k2", text: subscribe },
      ],
    ]);
  });

  test("ATT9 a file wants a connection of its own: asked again after the lender's end, it would be another upload", () => {
    const { borrower, handed, greet, sent } = borrow();
    const file = '{"id":3,"method":"send","params":{"to":"+15550100000","file":"/tmp/a.png"}}';
    greet();
    borrower.line(SEND.replace('"text":"', '"text":"about \\"file\\": '));
    expect([sent.length, handed]).toEqual([2, []]);
    borrower.line(file);
    expect(handed).toMatchObject([[{ key: "k1" }, { key: "k2", text: file }]]);
  });

  test("nobody there, or no greeting within 1 s: an own connection", async () => {
    const refused = borrow();
    refused.borrower.line(SEND);
    refused.borrower.lenderLost();
    expect(refused.handed).toEqual([[{ key: "k1", text: SEND }]]);
    const mute = borrow();
    mute.borrower.connected();
    await mute.clock.pass(999);
    expect(mute.handed).toEqual([]);
    await mute.clock.pass(1);
    expect(mute.handed).toEqual([[]]);
  });

  test("a lender that stops answering without hanging up is given up after 6 s, one that is alive is waited for", async () => {
    const { borrower, clock, sent, handed, greet } = borrow();
    greet();
    await clock.pass(60_000);
    borrower.line(SEND);
    for (let i = 0; i < 20; i += 1) {
      await clock.pass(2_000);
      borrower.lenderLine("!pong");
    }
    expect(handed).toEqual([]);
    expect(sent.filter((line) => line === "!ping").length).toBeGreaterThan(15);
    await clock.pass(8_000);
    expect(handed).toEqual([[{ key: "k1", text: SEND }]]);
  });

  test("a lender that ends with nothing open costs nothing until something is asked", async () => {
    const { borrower, clock, handed, seen, greet } = borrow();
    greet();
    borrower.lenderLost();
    await clock.pass(60_000);
    expect(handed).toEqual([]);
    borrower.line(LIST);
    expect(handed).toEqual([[{ key: "k1", text: LIST }]]);
    const idle = borrow();
    idle.greet();
    idle.borrower.lenderLost();
    idle.borrower.end();
    expect([idle.handed, idle.seen.done, seen.done]).toEqual([[], 1, 0]);
  });

  test("no timer outlives the conversation", () => {
    const { borrower, clock, greet } = borrow();
    greet();
    borrower.end();
    expect(clock.pending).toBe(0);
  });
});
