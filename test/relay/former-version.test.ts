// Operations that an object of the former version left behind (before a message could have parts).
import { describe, expect, it } from "vitest";
import { ACCOUNT_MIGRATIONS } from "../../relay/account/migrations.ts";
import { textHash } from "../../relay/account/sending/text-hash.ts";
import { Agent } from "./support/agent.ts";
import { bot, type Bot } from "./support/channel.ts";
import { evict, inside } from "./support/object.ts";
import { byKey, ownRow } from "./support/operations.ts";

const PARAMS = { to: "+15550001", service: "auto", text: "hello" };

/** An account as the former version left it, with one send under the key `k`, and woken by this one. */
async function left(row: Record<string, string | number>): Promise<Bot> {
  const of = await bot();
  await inside(of.account, (_, { storage: { sql } }) => {
    const [first = "", second = "", ...later] = ACCOUNT_MIGRATIONS;
    sql.exec("DROP TABLE operation; DELETE FROM migration WHERE id >= 2");
    for (const [, table = ""] of later.join().matchAll(/CREATE TABLE (\w+)/g))
      sql.exec(`DROP TABLE ${table}`);
    for (const [, table = "", column = ""] of later.join().matchAll(/ALTER TABLE (\w+) ADD COLUMN (\w+)/g))
      if (table !== "operation") sql.exec(`ALTER TABLE ${table} DROP COLUMN ${column}`);
    sql.exec(/CREATE TABLE operation [^;]*;/.exec(first)?.[0] ?? "");
    for (const [added] of second.matchAll(/ALTER TABLE operation [^;]*;/g)) sql.exec(added);
    const now = Date.now();
    const fields = {
      id: "op_1",
      idempotency_key: "k",
      request_hash: "",
      method: "send",
      journal: "journal-1",
      chat: "+15550001",
      text_hash: textHash("hello"),
      created_at: now,
      deadline: now + 60_000,
      ...row,
    };
    const names = Object.keys(fields);
    sql.exec(
      `INSERT INTO operation (${names.join(", ")}) VALUES (${names.map(() => "?").join(", ")})`,
      ...Object.values(fields),
    );
  });
  await evict(of.account);
  return of;
}

describe("what the former version left", () => {
  it.each([
    ["+15550001", "-;+15550001"],
    ["bob@example.com", "-;bob@example.com"],
    ["chat7", "+;chat7"],
    ["-;+15550001", "-;+15550001"],
    ["+;chat7", "+;chat7"],
  ])("SEND5 a send to %s that is done has its guid, and the chat's one name", async (chat, name) => {
    const settled = { settled_at: Date.now(), outcome: "sent", answer: '{"result":{"guid":"G-1"}}' };
    const of = await left({ chat, ...settled });
    expect(await byKey(of, "k")).toMatchObject({ outcome: "sent", guids: ["G-1"], delivered: 1, chat: name });
  });

  it("SEND5 one that is done without a guid went out all the same", async () => {
    const of = await left({ settled_at: Date.now(), outcome: "sent", answer: '{"result":{"ok":true}}' });
    expect(await byKey(of, "k")).toMatchObject({ outcome: "sent", guids: [null], delivered: 1 });
  });

  it("SEND6 LINK15 one that is under way is asked for as it was given, and found by its row", async () => {
    const of = await left({ params: JSON.stringify(PARAMS) });
    const agent = await Agent.connect(of.account);
    const call = await agent.call();
    expect(call).toMatchObject({ operation: "op_1", params: PARAMS });
    agent.answer(call, { error: { code: -32_603, message: "AppleScript failed" } });
    await agent.sock.next();
    expect(await byKey(of, "k")).toMatchObject({ outcome: "unknown", final: false });
    await agent.show([ownRow(1, "hello", Date.now())]);
    expect(await byKey(of, "k")).toMatchObject({ outcome: "sent", guid: "G-1" });
  });
});
