// The relay dies and comes back after some time: when is a call answered again? Several Macs and gateways on it, none
// of them told; every outage follows the last one as soon as everybody is back, so flapping is measured too.
import path from "node:path";
import { connect } from "../../gateway/client/connect.ts";
import type { Tunnel } from "../../gateway/client/tunnel.ts";
import { wsDial } from "../../gateway/node/ws-dial.ts";
import { startSystem, type System } from "../e2e/harness.ts";
import { RelayProcess } from "../e2e/relay-process.ts";
import { tempFolder } from "../e2e/temp.ts";
import { SERVICE_CONFIG, smallWorld } from "./mac.ts";
import type { Bench, Outcome } from "./row.ts";
import { median, quantile, round } from "./stats.ts";
import { CALL } from "./stdio-rpc.ts";
import { now, sleep } from "./timing.ts";

const MACS = 4;
const RETRY_MS = 20;
const PATIENCE_MS = 60_000;

interface Served {
  readonly system: System;
  readonly tunnel: Tunnel;
}

/** Seconds from the relay listening to the first answer: by the connected client, and by plain HTTP. */
interface Sample {
  readonly outage: number;
  readonly client: number;
  readonly http: number;
}

export async function backInService(
  bench: Bench,
  outageMs: number,
  outages: number,
  budgetS: number,
): Promise<Outcome> {
  const { relay, served } = await startAll(bench);
  const samples: Sample[] = [];
  for (let outage = 1; outage <= outages; outage += 1) {
    await relay.kill9();
    await sleep(outageMs);
    await relay.start();
    const began = now();
    const seconds = (): number => (now() - began) / 1_000;
    const backs = await Promise.all(
      served.map(async ({ system, tunnel }) => {
        const client = answered(() => clientCall(tunnel)).then(seconds);
        const http = answered(() => httpCall(system)).then(seconds);
        return { outage, client: await client, http: await http };
      }),
    );
    samples.push(...backs);
    bench.say(`outage ${outage}: back after ${backs.map(({ client }) => round(client)).join(", ")} s`);
  }
  const clients = samples.map(({ client }) => client);
  const last = samples.filter(({ outage }) => outage === outages).map(({ client }) => client);
  const value = round(median(clients));
  const details = {
    last_outage_s: round(median(last)),
    http_s: round(median(samples.map(({ http }) => http))),
    p90_s: round(quantile(clients, 0.9)),
    worst_s: round(Math.max(...clients)),
    outages,
    macs: MACS,
  };
  return {
    value,
    p99: null,
    peer: null,
    within: value <= budgetS && details.last_outage_s <= budgetS,
    details,
  };
}

async function startAll(bench: Bench): Promise<{ relay: RelayProcess; served: Served[] }> {
  const folder = tempFolder("bench-relay");
  bench.later(() => folder.remove());
  const relay = await RelayProcess.start({ state: path.join(folder.path, "relay") });
  bench.later(() => relay.kill9());
  const served: Served[] = [];
  for (let mac = 0; mac < MACS; mac += 1) {
    const system = await startSystem({
      dialect: "0.15",
      world: smallWorld,
      relay,
      agentConfig: SERVICE_CONFIG,
    });
    bench.later(() => system.stop());
    const tunnel = connect({
      relay: system.relayUrl,
      account: system.account,
      key: system.key,
      dial: wsDial,
    });
    bench.later(() => tunnel.close());
    await answered(() => clientCall(tunnel));
    served.push({ system, tunnel });
  }
  return { relay, served };
}

async function answered(call: () => Promise<boolean>): Promise<void> {
  const deadline = now() + PATIENCE_MS;
  while (!(await call())) {
    if (now() > deadline) throw new Error("no call was answered after the relay came back");
    await sleep(RETRY_MS);
  }
}

/** `chats.list` of an absent Mac is answered from the list noted last: that is no service. */
const isLive = (result: unknown): boolean =>
  typeof result === "object" && result !== null && !("stale" in result);

async function clientCall(tunnel: Tunnel): Promise<boolean> {
  const answer = await tunnel.call(CALL.method, CALL.params);
  return "result" in answer && isLive(answer.result);
}

async function httpCall(system: System): Promise<boolean> {
  try {
    const { result } = await system.rpc(CALL.method, CALL.params);
    return isLive(result);
  } catch {
    return false;
  }
}
