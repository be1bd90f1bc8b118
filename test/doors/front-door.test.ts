// What holds at the door for everybody, whoever they are (DOOR rules).
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { MAX_HEADER_CHARS, MAX_JSON_DEPTH, MAX_URL_CHARS } from "../../shared/limits.ts";
import { http, type HttpAnswer } from "../e2e/http.ts";
import { OPERATOR_KEY } from "../e2e/relay-process.ts";
import { DOORS } from "./route-table.ts";
import { knock, startWorld, type World } from "./world.ts";

let world: World;
beforeAll(async () => {
  world = await startWorld();
}, 60_000);
afterAll(() => world.stop());

const ask = (path: string, headers: Record<string, string> = {}, method = "GET"): Promise<HttpAnswer> =>
  http(`${world.relay.url}${path}`, { method, headers });
const tenants = (raw: string): Promise<HttpAnswer> =>
  http(`${world.relay.url}/v1/tenants`, { method: "POST", key: OPERATOR_KEY, raw });

describe("DOOR1 a request is refused, with both numbers, whose", () => {
  test("address is too long", async () => {
    const path = `/v1/health?x=${"a".repeat(MAX_URL_CHARS)}`;
    const refused = await ask(path);
    expect([refused.status, refused.json()]).toEqual([
      413,
      expect.objectContaining({ code: "too_large", cap: MAX_URL_CHARS, size: expect.any(Number) }),
    ]);
    expect((await ask(path.slice(0, MAX_URL_CHARS - 100))).status).toBe(200);
  });

  test("headers are too long, one of them or all together", async () => {
    const one = await ask("/v1/health", { cookie: "a".repeat(MAX_HEADER_CHARS) });
    const many = Object.fromEntries(Array.from({ length: 40 }, (_, at) => [`x-${at}`, "a".repeat(1_000)]));
    expect([one.status, (await ask("/v1/health", many)).status]).toEqual([413, 413]);
    expect((await ask("/v1/health", { cookie: "a".repeat(MAX_HEADER_CHARS / 2) })).status).toBe(200);
  });

  test("body is too long, or too deep", async () => {
    expect((await tenants(JSON.stringify({ name: "a".repeat(100_000) }))).status).toBe(413);
    const deep = `${"[".repeat(MAX_JSON_DEPTH + 1)}${"]".repeat(MAX_JSON_DEPTH + 1)}`;
    const refused = await tenants(deep);
    expect([refused.status, refused.text]).toEqual([400, expect.stringContaining("nested too deeply")]);
  });
});

describe("DOOR2 every answer", () => {
  const safe = Object.entries(DOORS).filter(([route]) => route.startsWith("GET"));

  test.each(safe)(
    "of %s says that nothing of it is to be run, framed, guessed or kept",
    async (route, door) => {
      const { isSocket: _, ...plain } = door;
      const answers = await Promise.all(
        [undefined, world.keys.all, OPERATOR_KEY].map((key) => knock(world, route, plain, world.mine, key)),
      );
      for (const { headers } of answers) {
        expect(headers).toMatchObject({
          "x-content-type-options": "nosniff",
          "content-security-policy": expect.stringContaining("default-src 'none'"),
          "referrer-policy": "no-referrer",
          "strict-transport-security": expect.stringContaining("max-age="),
          "cache-control": "no-store",
          "x-request-id": expect.stringMatching(/^[0-9a-z]{16}$/),
        });
      }
    },
  );

  test("leaves out what would let another site's pages read it", async () => {
    const origin = { origin: "https://evil.example" };
    const preflight = { ...origin, "access-control-request-method": "POST" };
    const { account } = world.mine;
    const answers = await Promise.all([
      ask("/v1/health", origin),
      ask(`/v1/accounts/${account}/status`, origin),
      ask(`/v1/accounts/${account}/messages`, preflight, "OPTIONS"),
      ask("/v1/tenants", preflight, "OPTIONS"),
      http(`${world.relay.url}/v1/accounts/${account}/status`, { key: world.keys.all, headers: origin }),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([200, 401, 404, 404, 200]);
    const names = answers.flatMap(({ headers }) => Object.keys(headers));
    expect(names.filter((name) => name.startsWith("access-control-") || name === "set-cookie")).toEqual([]);
  });
});
