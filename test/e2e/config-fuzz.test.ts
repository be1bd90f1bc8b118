// Random documents through the real door: every one is taken as a whole or not at all.
import { Agent, request } from "node:http";
import * as fc from "fast-check";
import { afterAll, expect, test } from "vitest";
import * as z from "zod";
import { parseJson } from "../../shared/json.ts";
import { anyDocument, plausibleDocument } from "../shared/config/documents.ts";
import { onOneRelay } from "./one-relay.ts";
import { makeAccount, makeTenant } from "./owner.ts";
import { OPERATOR_KEY, type RelayProcess } from "./relay-process.ts";

const DOCUMENTS = Number(process.env["CONFIG_FUZZ"] ?? 2_000);
/** Each has its own document, so that their answers do not wait for one another. */
const TENANTS = 4;
const SEED = 20_261_122;

const sockets = new Agent({ keepAlive: true, maxSockets: TENANTS });
let relay: RelayProcess;
onOneRelay("config-fuzz", (started) => (relay = started));
afterAll(() => sockets.destroy());

const versionSchema = z.object({ version: z.int(), document: z.unknown() });
const refusedSchema = z.object({
  code: z.literal("invalid_request"),
  detail: z.string(),
  request_id: z.string(),
});

function ask(method: string, url: string, body?: string): Promise<{ status: number; json: unknown }> {
  const headers = { authorization: `Bearer ${OPERATOR_KEY}`, "content-type": "application/json" };
  return new Promise((resolve, reject) => {
    const sent = request(url, { method, headers, agent: sockets }, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => (text += chunk));
      response.once("error", reject);
      response.once("end", () => {
        const json = parseJson(text);
        resolve({ status: response.statusCode ?? 0, json: json.ok ? json.value : undefined });
      });
    });
    sent.once("error", reject);
    sent.end(body);
  });
}

/** What JSON makes of anything; undefined where it cannot. */
function jsonOf(value: unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch {
    return undefined;
  }
}

interface Outcome {
  taken: number;
  refused: number;
  readonly wrong: string[];
}

/** Sends them one after the other, and compares what the tenant has after each with what it had before. */
async function send(documents: readonly unknown[]): Promise<Outcome> {
  const tenant = await makeTenant(relay.url);
  await makeAccount(relay.url, tenant);
  const url = `${relay.url}/v1/tenants/${tenant}/config`;
  const held = async (): Promise<string> =>
    JSON.stringify(versionSchema.parse((await ask("GET", url)).json).document);
  let before = await held();
  const outcome: Outcome = { taken: 0, refused: 0, wrong: [] };
  for (const document of documents) {
    const body = jsonOf(document);
    if (body === undefined) continue;
    const answer = await ask("PUT", url, body);
    const isTaken = answer.status === 200;
    outcome[isTaken ? "taken" : "refused"] += 1;
    if (isTaken) before = JSON.stringify(versionSchema.parse(answer.json).document);
    else if (answer.status !== 400 || !refusedSchema.safeParse(answer.json).success)
      outcome.wrong.push(`HTTP ${answer.status} to ${body}`);
    // Nobody else writes it: what is there is what was answered, or what was there.
    if ((isTaken || outcome.refused % 8 === 0) && (await held()) !== before)
      outcome.wrong.push(`half of ${body}`);
  }
  return outcome;
}

test(`CFG1 of ${DOCUMENTS} random documents none gives a 500, and none is applied by half`, async () => {
  const documents = [
    ...fc.sample(plausibleDocument, { numRuns: DOCUMENTS / 2, seed: SEED }),
    ...fc.sample(anyDocument, { numRuns: DOCUMENTS / 2, seed: SEED }),
  ];
  const shares = Array.from({ length: TENANTS }, (_, at) =>
    documents.filter((_document, index) => index % TENANTS === at),
  );
  const outcomes = await Promise.all(shares.map(send));
  expect(outcomes.flatMap(({ wrong }) => wrong)).toEqual([]);
  // A fuzz that is always refused, or never, shows nothing.
  expect(outcomes.reduce((sum, { taken }) => sum + taken, 0)).toBeGreaterThan(DOCUMENTS / 100);
  expect(outcomes.reduce((sum, { refused }) => sum + refused, 0)).toBeGreaterThan(DOCUMENTS / 10);
}, 180_000);
