// What the simulated Mac has beside imsg's own commands: somebody writes, from a shell.
import { afterAll, beforeEach, expect, test } from "vitest";
import { Child, removeProgram } from "./child.ts";
import { demoWorld } from "./demo-world.ts";
import { Mac } from "./scenario.ts";

const macs: Mac[] = [];
let mac: Mac;
beforeEach(() => {
  mac = new Mac();
  macs.push(mac);
  demoWorld(mac);
});
afterAll(() => {
  for (const one of macs) one.remove();
  removeProgram();
});

async function sim(...argv: readonly string[]): Promise<{ code: number | null; out: string; err: string }> {
  const child = new Child(argv);
  let err = "";
  child.process.stderr.setEncoding("utf8").on("data", (text: string) => (err += text));
  const { code } = await child.end();
  return { code, out: child.lines.join("\n"), err };
}
const receive = (...argv: readonly string[]) => sim("receive", "--db", mac.dbPath, ...argv);
const STRANGER = "any;-;+15550100199";

test("who writes into a chat is seen there", async () => {
  const { code, out } = await receive(
    "--chat",
    "any;-;+15550100111",
    "--from",
    "+15550100111",
    "On",
    "my way!",
  );
  expect(code).toBe(0);
  const { guid } = JSON.parse(out) as { guid: string };
  expect(mac.world().message(guid)).toMatchObject({ text: "On my way!", chats: [1] });
});

test("a chat that is not there is refused with those that are, and nothing is written", async () => {
  const before = mac.world().maxRowid;
  expect(await receive("--chat", STRANGER, "--from", "+15550100199", "Hello")).toEqual({
    code: 2,
    out: "",
    err: expect.stringMatching(
      /^imsg-sim: there is no chat "any;-;\+15550100199": there are any;-;\+15550100111, .*--new makes one/,
    ),
  });
  expect(mac.world().maxRowid).toBe(before);
});

test("--new makes the chat with a stranger, once; a group it does not make", async () => {
  for (const text of ["Hello", "Anybody there?"])
    expect((await receive("--chat", STRANGER, "--new", "--from", "+15550100199", text)).code).toBe(0);
  const world = mac.world();
  const chat = world.chat(STRANGER);
  expect([...world.newestFirst(chat?.rowid ?? 0)].map(({ text }) => text)).toEqual([
    "Anybody there?",
    "Hello",
  ]);
  expect((await receive("--chat", "any;+;chat1", "--new", "--from", "x@example.com", "Hi")).code).toBe(2);
});

test("what is missing, or unknown, is one sentence", async () => {
  for (const [argv, why] of [
    [["receive", "--db", mac.dbPath, "--chat", STRANGER, "Hi"], /needs --from/],
    [
      ["receive", "--db", `${mac.dbPath}.none`, "--chat", STRANGER, "--from", "a", "Hi"],
      /there is no .*chat\.db\.none/,
    ],
    [["receive", "--bogus"], /--bogus/],
    [["demo"], /needs a folder/],
  ] as const)
    expect(await sim(...argv)).toMatchObject({ code: 2, out: "", err: expect.stringMatching(why) });
});

test.each([["--help"], ["receive", "--help"], ["demo", "--help"]])(
  "%s %s says what there is",
  async (...argv) => {
    const { code, out } = await sim(...argv.filter((word) => word !== undefined));
    expect(code).toBe(0);
    expect(out).toContain("imsg-sim receive --db PATH --chat GUID");
  },
);

test("imsg's own commands speak as recorded", async () => {
  expect(await sim("rpc", "--help")).toMatchObject({
    code: 0,
    out: "imsg rpc - Run JSON-RPC over stdin/stdout",
  });
  expect(await sim("nonsense")).toMatchObject({ code: 1, out: "Unknown command nonsense" });
});
