// Every route, and everybody who must not come in by it: the right refusal, and the same words for what is there and
// what is not (ID2).
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { app } from "../../relay/app.ts";
import { OPERATOR_KEY } from "../e2e/relay-process.ts";
import { DOORS, type Door } from "./route-table.ts";
import { flipped, knock, SCOPES, startWorld, wordOf, type Ids, type World } from "./world.ts";

/** Parameters that are ids with a MAC. */
const ISSUED = new Set(["tenant", "account", "key", "endpoint", "install", "operation"]);

let world: World;
beforeAll(async () => {
  world = await startWorld();
}, 60_000);
afterAll(() => world.stop());

const all = Object.entries(DOORS);
const byKey = all.filter(([, { needs }]) => needs !== "nobody" && needs !== "bearer");
const ofTenants = byKey.filter(([, { needs }]) => needs !== "operator");
const paramsOf = (route: string): string[] =>
  [...route.matchAll(/:(\w+)/g)].map(([, name = ""]) => name).filter((name) => ISSUED.has(name));

const status = async (route: string, door: Door, key: string | undefined): Promise<number> =>
  (await knock(world, route, door, world.mine, key)).status;
const word = async (route: string, door: Door, ids: Ids, key: string): Promise<string> =>
  wordOf(await knock(world, route, door, ids, key));

test("every route there is stands in the table, and no other", () => {
  const there = app.routes
    .filter(({ method }) => method !== "ALL")
    .map(({ method, path }) => `${method} ${path}`);
  expect(Object.keys(DOORS).toSorted()).toEqual(there.toSorted());
});

describe.each(byKey)("%s", (route, door) => {
  test("ID3 asks for a key", async () => {
    expect(await status(route, door, undefined)).toBe(401);
    expect(await status(route, door, "nonsense")).toBe(401);
    expect(await status(route, door, `${world.keys.all}x`)).toBe(door.needs === "operator" ? 403 : 401);
  });

  test("ID2 says of what was never issued what it says of what is gone", async () => {
    const key = door.isPrivate === true ? world.keys.all : OPERATOR_KEY;
    const files = world.relay.objectFiles();
    const answers = new Set<string>();
    for (const name of paramsOf(route)) {
      const mine = world.mine[name] ?? "";
      for (const id of [flipped(mine, -1), flipped(mine, 20), mine.slice(0, -1), "", `${mine}0`])
        answers.add(await word(route, door, { ...world.mine, [name]: id || "none" }, key));
    }
    expect([...answers].every((answer) => answer.startsWith("404 "))).toBe(true);
    expect(answers.size).toBeLessThanOrEqual(1);
    expect(world.relay.objectFiles()).toEqual(files);
  });
});

describe.each(ofTenants)("%s", (route, door) => {
  test("ID2 is not there for another tenant, whether or not its things are", async () => {
    const { stranger } = world.keys;
    const answers = new Set([await word(route, door, world.mine, stranger)]);
    const [first = ""] = paramsOf(route);
    answers.add(
      await word(route, door, { ...world.mine, [first]: flipped(world.mine[first] ?? "", -1) }, stranger),
    );
    // Its own tenant or account, and the things of this one.
    for (const name of paramsOf(route).slice(1)) {
      const mixed = { ...world.theirs, [name]: world.mine[name] ?? "" };
      answers.add(await word(route, door, mixed, stranger));
    }
    expect([...answers]).toEqual([expect.stringMatching(/^404 /)]);
  });

  test("ID4 refuses a key of another scope or another account", async () => {
    const { only, elsewhere } = world.keys;
    const others = SCOPES.filter((scope) => !door.needs.includes(scope));
    const refused = await Promise.all(others.map((scope) => status(route, door, only.get(scope))));
    expect(refused).toEqual(others.map(() => 403));
    expect(await status(route, door, elsewhere)).toBe(403);
  });

  test("ID4 refuses a key that is over, or was never one", async () => {
    const { expired, revoked, all: credential } = world.keys;
    const [id = "", secret = ""] = credential.split(".");
    const broken = [
      expired,
      revoked,
      credential.slice(0, -1),
      id,
      `${id}.`,
      `.${secret}`,
      `${flipped(id, -1)}.${secret}`,
      `${flipped(id, 10)}.${secret}`,
      `${id}.${flipped(secret, 0)}`,
      `${id}.${flipped(secret, -1)}`,
      `${id}.${world.keys.stranger.split(".")[1] ?? ""}`,
    ];
    const answers = await Promise.all(broken.map((key) => knock(world, route, door, world.mine, key)));
    expect([...new Set(answers.map(wordOf))]).toEqual([expect.stringMatching(/^401 /)]);
  });
});

describe("a key with one bit changed", () => {
  test("ID3 is none, whichever bit it is", async () => {
    const [route, door] = ofTenants.find(([name]) => name.endsWith("/status")) ??
      all[0] ?? ["", { needs: "nobody" }];
    const { all: credential } = world.keys;
    const places = Array.from({ length: credential.length }, (_, at) => at).filter(
      (at) => credential[at] !== ".",
    );
    const answers: number[] = [];
    for (const at of places) answers.push(await status(route, door, flipped(credential, at)));
    expect([...new Set(answers)]).toEqual([401]);
  });
});

describe("the right key", () => {
  // Those that end something come last.
  const order = [...byKey].toSorted(
    ([a], [b]) => Number(a.startsWith("DELETE")) - Number(b.startsWith("DELETE")),
  );
  const isLast = ([route]: (typeof order)[number]): boolean => /^DELETE \S+\/:(account|tenant)$/.test(route);
  const inOrder = [
    ...order.filter((one) => !isLast(one)),
    ...order.filter(isLast).toSorted(([a], [b]) => (a < b ? -1 : 1)),
  ];

  test.each(inOrder)("ID4 opens %s", async (route, door) => {
    const scope = SCOPES.find((one) => door.needs.includes(one));
    const key = scope === undefined ? OPERATOR_KEY : world.keys.only.get(scope);
    const answer = door.isSocket === true ? 101 : await status(route, door, key);
    expect(answer).not.toBe(500);
    const isRefusal = [401, 403, 404].includes(answer);
    expect([answer, isRefusal]).toEqual([door.isMissing === true ? 404 : answer, door.isMissing === true]);
  });
});
