// What a send costs: rows read and written, as the platform counts them, do not grow with what is kept.
import { expect, it, vi } from "vitest";
import { Agent, ENGINE, row } from "./support/agent.ts";
import { bot, post } from "./support/channel.ts";
import { evict, inside } from "./support/object.ts";

const KEPT = 2_000;

it.each([
  ["that names guids", ["send", "chats.list", "messages.after"], { result: { guid: "G" } }, 60, 12],
  ["0.9, which names none", ["send"], { result: { ok: true } }, 60, 12],
])(
  `SEND6 with ${KEPT} sends kept, a send to an engine %s reads and writes a few rows`,
  async (_, methods, answer, mostRead, mostWritten) => {
    const of = await bot();
    await inside(of.account, (_object, { storage }) => {
      storage.sql.exec(
        `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${KEPT})
         INSERT INTO operation (id, request_hash, method, journal, created_at, deadline, chat, text_hash, settled_at, outcome, answer, turn)
         SELECT 'x' || i, '', 'send', 'j', ?, 0, 'c' || i, 'h', ?, 'sent', '{"result":{"guid":"g"}}', i FROM n`,
        Date.now() - 7_200_000,
        Date.now() - 7_200_000,
      );
    });
    await evict(of.account);
    const agent = await Agent.connect(of.account, { engine: { ...ENGINE, methods } });
    const send = async (n: number): Promise<void> => {
      const asked = post(of, { to: "+15550001", text: `text ${n}` });
      agent.answer(await agent.call(), answer);
      await agent.sock.next();
      const own = { text: `text ${n}`, is_from_me: true, sender: "", guid: `own ${n}` };
      await agent.show([row(n, own)]);
      expect((await asked).status).toBe(200);
    };
    // What is read once by an object that was woken is not a send's.
    await send(1);
    const cost = { read: 0, written: 0 };
    await inside(of.account, (_object, { storage }) => {
      const exec = storage.sql.exec.bind(storage.sql);
      vi.spyOn(storage.sql, "exec").mockImplementation((...asked: Parameters<typeof exec>) => {
        const cursor = exec(...asked);
        const rows = cursor.toArray();
        cost.read += cursor.rowsRead;
        cost.written += cursor.rowsWritten;
        return { toArray: () => rows } as ReturnType<typeof exec>;
      });
    });
    await send(2);
    vi.restoreAllMocks();
    expect(cost.read).toBeGreaterThan(0);
    expect(cost.read).toBeLessThan(mostRead);
    expect(cost.written).toBeLessThan(mostWritten);
  },
);
