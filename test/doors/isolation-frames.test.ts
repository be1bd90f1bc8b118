// Every frame of every socket, said by another tenant with the victim's names: the victim is as it was, to the byte, and
// whoever says it hears what it would hear of names that were never given (ID2).
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { AGENT_FRAME_KINDS } from "../../shared/frames.ts";
import { METHOD_NAMES, RELAY_METHODS } from "../../shared/methods.ts";
import { READER_FRAME_KINDS } from "../../shared/reader-frames.ts";
import { http } from "../e2e/http.ts";
import { RawLink } from "../e2e/raw-link.ts";
import { tempFolder } from "../e2e/temp.ts";
import { Tunnel } from "../e2e/tunnel.ts";
import { FrameScene, never, readerOf, withoutNames, type Names } from "./frame-scene.ts";
import { AGENT_FRAMES, CALLS, paramsOf, READER_FRAMES } from "./frame-table.ts";

const folder = tempFolder("frames");
let scene: FrameScene;
beforeAll(async () => {
  scene = await FrameScene.start(folder.path);
}, 60_000);
afterAll(async () => {
  await scene.relay.kill9();
  folder.remove();
});

let keys = 0;
/**
 * Says something with the names of what the victim has under way, and with names of nothing. What was heard in both
 * cases; afterwards the victim's own have what they asked for.
 */
async function attacked(attack: (names: Names) => Promise<string>): Promise<{ real: string; made: string }> {
  keys += 1;
  const pending = await scene.begins(`victims-key-${keys}`);
  const before = await scene.looks();
  const { names } = pending;
  const words = async (of: Names): Promise<string> => withoutNames(await attack(of), names, never(names));
  const [real, made] = await Promise.all([words(names), words(never(names))]);
  const after = await scene.looks();
  if (after.stored !== before.stored)
    (await import("node:fs")).cpSync(folder.path, "/tmp/h/gates-after", { recursive: true });
  expect(after).toEqual(before);
  expect(await pending.finish()).toEqual([
    [200, true],
    [200, expect.stringMatching(/"outcome":"sent".*GUID-OF-victims-key/)],
    [200, "file of the victim's"],
  ]);
  return { real, made };
}

const shut = ({ code, reason }: { code: number; reason: string }): string => `${code} ${reason}`;

describe("the table", () => {
  test("has every frame that an agent may send, and no other", () => {
    expect(Object.keys(AGENT_FRAMES).toSorted()).toEqual(AGENT_FRAME_KINDS.toSorted());
  });

  test("has every call that a gateway may make, and every frame of a reader's", () => {
    expect(Object.keys(CALLS).toSorted()).toEqual([...METHOD_NAMES, ...RELAY_METHODS].toSorted());
    expect(Object.keys(READER_FRAMES)).toEqual(READER_FRAME_KINDS);
  });
});

describe.each(Object.entries(AGENT_FRAMES))("an agent's %s", (_kind, { says, hears }) => {
  test("I5 with the victim's names, over a link of its own, is about its own account", async () => {
    const { real, made } = await attacked(async (names) => {
      const { link } = await scene.attacker();
      const from = link.frames.all.length;
      const said = says(names);
      for (const frame of said) link.send(frame);
      const n = said.filter(({ t }) => t === "events").length + 1;
      // Answered after everything that was said before.
      link.send({ t: "events", n, database: 0, resume: 2, rows: [] });
      const last = link.frames.find((frame) => frame["n"] === n, "the last answer", undefined, from);
      const end = await Promise.race([link.closed.then(shut), last.then(() => undefined)]);
      const heard = link.frames.all.slice(from).filter((frame) => frame["n"] !== n && frame.t !== "call");
      link.cut();
      return [...heard.map((frame) => JSON.stringify(frame)), ...(end === undefined ? [] : [end])].join(" ");
    });
    expect([real, made]).toEqual([hears, hears]);
  });

  test("LINK1 LINK2 at the victim's own door, is a stranger's", async () => {
    const { identity } = await scene.attacker();
    const { account } = scene.victim;
    const { real, made } = await attacked(async (names) => {
      const link = await RawLink.open(scene.relay.url, account);
      const right = await link.hello({ ...identity, account, install: names.install });
      const [frame = {}] = says(names);
      // Signed by a key that there is, for another account's install.
      const signed = {
        origin: right["origin"],
        signature: right["signature"],
        next_signature: right["signature"],
      };
      link.send(frame["t"] === "hello" || frame["t"] === "prove" ? { ...frame, ...signed } : frame);
      return shut(await link.closed);
    });
    const t = _kind.split(" ", 1).join();
    const words =
      t === "hello" || t === "prove" ? "4003 unknown install or wrong signature" : `4002 ${t} out of turn`;
    expect([real, made]).toEqual([words, words]);
  });
});

describe("a gateway", () => {
  const connect = async (account: string, credential: string, query = ""): Promise<Tunnel> =>
    Tunnel.open(`${scene.relay.url.replace("http", "ws")}/v1/accounts/${account}/rpc${query}`, credential);

  test.each(Object.entries(CALLS))(
    "I5 that calls %s with the victim's names asks its own Mac",
    async (method, told) => {
      const { real, made } = await attacked(async (names) => {
        const { account, credential, link } = await scene.attacker();
        link.onFrame = ({ t, call, operation }) => {
          if (t === "call")
            link.send({ t: "result", call, operation, epoch: 1, answer: { result: { own: 1 } } });
        };
        const tunnel = await connect(account, credential);
        const params = paramsOf(names);
        const plain = await tunnel.call(method, params, { idempotency_key: names.key });
        const file = await tunnel.call(method, { ...params, file: names.staged });
        tunnel.cut();
        link.cut();
        return JSON.stringify([plain, file].map(({ result, error }) => result ?? error));
      });
      expect(real).toBe(made);
      const [plain, file] = JSON.parse(real) as { own?: number; code?: number }[];
      const isMacs = told === "mac";
      expect(typeof told === "number" ? plain?.code : isMacs ? plain?.own : typeof plain).toBe(
        typeof told === "number" ? told : isMacs ? 1 : "object",
      );
      // A file of another account's is none.
      expect(isMacs ? file?.code : -32044).toBe(-32044);
    },
  );

  test("RPC3 that answers a question, or acknowledges, with the victim's ids is not heard at all", async () => {
    const { real, made } = await attacked(async (names) => {
      const { account, credential, link } = await scene.attacker();
      const tunnel = await connect(account, credential);
      tunnel.send({ jsonrpc: "2.0", id: `relay:1`, result: { id: names.event } });
      tunnel.send({ jsonrpc: "2.0", method: "relay.ack", params: { subscription: 1, id: names.event } });
      tunnel.send({ jsonrpc: "2.0", method: "watch.unsubscribe", params: { subscription: 1 } });
      const { error } = await tunnel.call("relay.outcome", { idempotency_key: names.key });
      tunnel.cut();
      link.cut();
      return `${tunnel.frames.all.length} ${error?.code}`;
    });
    expect([real, made]).toEqual(["1 -32044", "1 -32044"]);
  });

  test("ID2 that comes to the victim's account, or with its ticket, is not let in, whether there is one or not", async () => {
    const { real, made } = await attacked(async (names) => {
      const { account, credential, link } = await scene.attacker();
      link.cut();
      const doors = [
        connect(names.account, credential),
        readerOf(scene.relay, { ...scene.victim, account: names.account, credential }),
        connect(account, credential, `?ticket=${names.ticket}`),
        readerOf(scene.relay, { ...scene.victim, account, credential }, `ticket=${names.ticket}`),
      ];
      const why = doors.map((door) => door.then(() => "open").catch((error: unknown) => String(error)));
      return (await Promise.all(why)).join(" ");
    });
    const refused = "Error: HTTP 404 Error: HTTP 404 Error: HTTP 401 Error: HTTP 401";
    expect([real, made]).toEqual([refused, refused]);
  });

  test.each(Object.entries(READER_FRAMES))(
    "EVT7 whose reader says %s with the victim's names, is shut out",
    async (_kind, says) => {
      const { real, made } = await attacked(async (names) => {
        const attacker = await scene.attacker();
        const reader = await readerOf(scene.relay, attacker, `consumer=${names.consumer}`);
        reader.socket.send(JSON.stringify(says(names)));
        attacker.link.cut();
        return reader.closed;
      });
      expect(real).toBe("4002 only {t: ack, id} may come");
      expect(made).toBe(real);
    },
  );
});

describe("bytes", () => {
  test("ATT11 for the victim's transfer are taken by no other account", async () => {
    const { real, made } = await attacked(async ({ transfer }) => {
      const { account, link } = await scene.attacker();
      link.cut();
      const url = `${scene.relay.url}/v1/accounts/${account}/agent/transfers/${transfer}`;
      const answers = [await http(url), await http(`${url}?offset=0`, { method: "POST", raw: "stolen" })];
      return answers.map(({ status, text }) => `${status} ${text}`).join(" ");
    });
    const gone = '410 {"ok":false} 410 {"ok":false}';
    expect([real, made]).toEqual([gone, gone]);
  });
});
