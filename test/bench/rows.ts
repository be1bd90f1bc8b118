// Every row, in the order of the table.
import type { Row } from "./row.ts";
import { agentMemory } from "./rows/agent-memory.ts";
import { agentStart } from "./rows/agent-start.ts";
import { attachment100mb } from "./rows/attachment-100mb.ts";
import { attachment16mib } from "./rows/attachment-16mib.ts";
import { attachmentLatency } from "./rows/attachment-latency.ts";
import { attachmentMemory } from "./rows/attachment-memory.ts";
import { backInService10s } from "./rows/back-in-service-10s.ts";
import { backInService1s } from "./rows/back-in-service-1s.ts";
import { blackHoleNoticed } from "./rows/black-hole-noticed.ts";
import { catchUpNew } from "./rows/catch-up-new.ts";
import { catchUpOld } from "./rows/catch-up-old.ts";
import { echoTwoHop } from "./rows/echo-two-hop.ts";
import { eventToConsumer } from "./rows/event-to-consumer.ts";
import { eventsPerSecond1 } from "./rows/events-per-second-1.ts";
import { eventsPerSecond10 } from "./rows/events-per-second-10.ts";
import { fleetLoad } from "./rows/fleet-load.ts";
import { idleAgentMemory } from "./rows/idle-agent-memory.ts";
import { rpcColdStart } from "./rows/rpc-cold-start.ts";
import { rpcColdStartSibling } from "./rows/rpc-cold-start-sibling.ts";
import { rpcRoundTrip } from "./rows/rpc-round-trip.ts";
import { rowsPerEvent } from "./rows/rows-per-event.ts";
import { webhookBesideOthers } from "./rows/webhook-beside.ts";
import { webhookLatency } from "./rows/webhook-latency.ts";
import { webhookRate1 } from "./rows/webhook-rate-1.ts";
import { webhookRate10 } from "./rows/webhook-rate-10.ts";
import { workerBundle } from "./rows/worker-bundle.ts";

export const ROWS: readonly Row[] = [
  workerBundle,
  agentStart,
  agentMemory,
  echoTwoHop,
  rpcRoundTrip,
  rpcColdStart,
  rpcColdStartSibling,
  attachment16mib,
  attachment100mb,
  attachmentLatency,
  attachmentMemory,
  eventToConsumer,
  eventsPerSecond1,
  eventsPerSecond10,
  webhookLatency,
  webhookBesideOthers,
  webhookRate1,
  webhookRate10,
  rowsPerEvent,
  catchUpOld,
  catchUpNew,
  idleAgentMemory,
  fleetLoad,
  blackHoleNoticed,
  backInService1s,
  backInService10s,
];
