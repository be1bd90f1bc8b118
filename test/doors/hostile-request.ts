// One request that a generator made up out of the route table: real ids and false ones, every kind of key, odd headers,
// queries and bodies.
import { request } from "node:http";
import { OPERATOR_KEY } from "../e2e/relay-process.ts";
import { below, pick } from "../imsg-sim/random.ts";
import { mutated, oddBytes, oddText, oddValue, type Random } from "./hostile-values.ts";
import { DOORS } from "./route-table.ts";
import { flipped, SCOPES, type World } from "./world.ts";

export interface HostileAnswer {
  readonly what: string;
  readonly status: number;
  readonly type: string;
  readonly text: string;
}

/** Half a minute is longer than any answer here takes. */
const TIMEOUT_MS = 30_000;

const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "PROPFIND"];
const QUERIES = [
  "limit",
  "after",
  "wait",
  "kinds",
  "chats",
  "offset",
  "size",
  "name",
  "state",
  "ticket",
  "from",
  "to",
  "consumer",
  "chat",
];
const HEADERS: readonly (readonly [string, readonly string[]])[] = [
  [
    "content-type",
    ["text/plain", "application/json; charset=utf-7", "multipart/form-data", "", "a".repeat(2_000)],
  ],
  ["accept", ["application/x-ndjson", "*/*", "application/problem+json", "x/y;q=nan"]],
  ["range", ["bytes=0-", "bytes=-1", "bytes=9-1", "bytes=0-0,5-9", "lines=1-2", `bytes=${"9".repeat(400)}-`]],
  ["if-match", ['"1"', "*", 'W/"99999999999"', "'"]],
  ["if-none-match", ["*", '""', "x".repeat(3_000)]],
  ["idempotency-key", ["k", "", "x".repeat(200), "with blank", "ключ"]],
  ["content-disposition", ['attachment; filename="../x"', "attachment; filename*=UTF-8''%00", ";;;"]],
  ["authorization", ["Basic Zm9vOmJhcg==", "Bearer", "Bearer  ", `Bearer ${"k".repeat(600)}`, "bearer x.y"]],
  ["x-forwarded-for", ["127.0.0.1", "::1"]],
  ["relay-door", ["%7B%22name%22%3A%22agent%22%7D", "{}"]],
  ["origin", ["https://evil.example", "null"]],
  ["upgrade", ["h2c", "websocket"]],
  ["cookie", [`a=${"b".repeat(4_000)}`]],
];

/** What would take away what the others are tried with, or add objects without end: by wrong keys only. */
const ENDS = /^DELETE \S+\/:(account|tenant)$|\/(suspend|pause)$|^POST \/v1\/tenants$/;

const routes = Object.entries(DOORS);

/** `strange`: the other tenant's, by a key for which they are strange. */
function idOf(random: Random, { mine, theirs }: World, name: string, strange: boolean): string {
  const real = mine[name] ?? "";
  const kind = below(random, 20);
  if (kind < 15) return real;
  if (kind === 15 && strange) return theirs[name] ?? "";
  if (kind === 16) return flipped(real, below(random, real.length));
  if (kind === 17) return pick(random, Object.values(mine));
  return kind === 18 ? oddText(random).slice(0, 3_000) : real.toUpperCase();
}

/** "" = none. */
function keyOf(random: Random, { keys }: World, isEnd: boolean): string {
  const broken = flipped(keys.all, below(random, keys.all.length));
  const wrong = ["", "x", keys.expired, keys.revoked, broken, keys.elsewhere, keys.stranger];
  if (isEnd || below(random, 4) === 0) return pick(random, wrong);
  return pick(random, [keys.all, OPERATOR_KEY, keys.only.get(pick(random, SCOPES)) ?? ""]);
}

/** What is sent, and where to. */
export function hostile(random: Random, world: World): Parameters<typeof send>[1] {
  const [route, door] = pick(random, routes);
  const [usual = "", pattern = ""] = route.split(" ");
  const method = below(random, 12) === 0 ? pick(random, METHODS) : usual;
  // Whatever method it became.
  const isEnd =
    routes.some(([other]) => ENDS.test(other) && other.endsWith(` ${pattern}`)) && method !== "GET";
  const key = keyOf(random, world, isEnd);
  const strange = key !== OPERATOR_KEY && key !== world.keys.stranger;
  const path = pattern.replaceAll(/:(\w+)/g, (_, name: string) =>
    escaped(idOf(random, world, name, strange)),
  );
  const query = Array.from({ length: below(random, 4) }, () => {
    const name = pick(random, QUERIES);
    return `${name}=${escaped(name === "wait" ? "-1" : oddText(random).slice(0, 2_000))}`;
  });
  if (door.query !== undefined && below(random, 2) === 0) query.push(door.query);
  const headers: [string, string][] = [];
  for (let at = below(random, 4); at > 0; at -= 1) {
    const [name, values] = pick(random, HEADERS);
    headers.push([name, pick(random, values)]);
  }
  const body = bodyOf(random, door.body?.(world.mine), usual);
  return { method, path: `${path}${query.length === 0 ? "" : `?${query.join("&")}`}`, key, headers, body };
}

function bodyOf(random: Random, right: unknown, method: string): string | Uint8Array | undefined {
  if (right === undefined && (method === "GET" || below(random, 3) > 0)) return undefined;
  if (right !== undefined && below(random, 3) === 0) return JSON.stringify(right);
  return oddBytes(random, right === undefined ? oddValue(random) : mutated(random, right));
}

/** As it may stand in a request line; some of it as it is. */
const escaped = (text: string): string =>
  encodeURIComponent(text.replaceAll(/[\ud800-\udfff]/g, "?")).replaceAll("%2F", "/");

/** Undefined = the connection was closed without an answer, as for what is no HTTP. */
export function send(
  origin: string,
  asked: {
    readonly method: string;
    readonly path: string;
    readonly key: string;
    readonly headers: readonly (readonly [string, string])[];
    readonly body: string | Uint8Array | undefined;
  },
): Promise<HostileAnswer> {
  const { method, path, key, headers, body } = asked;
  const what = `${method} ${path.slice(0, 200)}`;
  const usual = key === "" ? {} : { authorization: `Bearer ${key}` };
  const length = body === undefined ? {} : { "content-length": String(Buffer.byteLength(body)) };
  const latin = headers.map(([name, value]): [string, string] => [
    name,
    Buffer.from(value).toString("latin1"),
  ]);
  return new Promise((resolve, reject) => {
    const sent = request(`${origin}${path}`, {
      method,
      headers: { ...usual, ...length, ...Object.fromEntries(latin) },
      agent: false,
      timeout: TIMEOUT_MS,
    });
    sent.once("upgrade", (_, socket) => {
      socket.destroy();
      resolve({ what, status: 101, type: "", text: "" });
    });
    sent.once("response", (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.once("error", reject);
      response.once("end", () =>
        resolve({
          what,
          status: response.statusCode ?? 0,
          type: response.headers["content-type"] ?? "",
          text: Buffer.concat(chunks).toString("utf8"),
        }),
      );
    });
    sent.once("timeout", () => sent.destroy(new Error(`no answer in time: ${what}`)));
    sent.once("error", (error) => reject(new Error(`${what}: ${error.message}`)));
    sent.end(body);
  });
}
