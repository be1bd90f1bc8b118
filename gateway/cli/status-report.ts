import { policyInWords } from "../../shared/mac-policy.ts";
import { methodOf } from "../../shared/methods.ts";
import { localTime } from "../../shared/terminal/local-time.ts";
import type { AccountStatus } from "../client/shapes.ts";
import type { LateCounts } from "../drop-in/diary.ts";
import type { Connection } from "../profile/connection.ts";
import { VERSION } from "../version.ts";

/** What is known of the account, and how fresh it is. `why` = what went wrong on the way to the relay. */
export interface Known {
  readonly status: AccountStatus | undefined;
  readonly checkedAt: number | undefined;
  readonly why: string | undefined;
}

/** Methods of the oldest engine that work without its bridge: it cannot say so itself. */
const BASIC_METHODS: readonly string[] = [
  "chats.list",
  "messages.history",
  "watch.subscribe",
  "watch.unsubscribe",
  "send",
];

/** `status --json`: what gateways read of imsg's status first, then what is ours. */
export function report(
  { relay, account }: Connection,
  known: Known,
  late: LateCounts,
): Record<string, unknown> {
  const { status, checkedAt, why } = known;
  const isReady = status?.agent.state === "online" && status.engine?.bridge === true;
  const methods = status?.engine?.methods ?? BASIC_METHODS;
  return {
    version: VERSION,
    basic_features: true,
    advanced_features: isReady,
    v2_ready: isReady,
    typing_indicators: isReady,
    read_receipts: isReady,
    selectors: {},
    rpc_methods: methods.filter((method) => {
      const entry = methodOf(method);
      return entry !== undefined && entry.class !== "refused";
    }),
    message: messageOf(known),
    stale: why !== undefined,
    relay: { url: relay, reachable: why === undefined, checked_at: checkedAt ?? null },
    account: { id: account, name: status?.name ?? null },
    agent: status?.agent ?? null,
    health: status?.health ?? null,
    engine: status?.engine ?? null,
    mac_policy: status?.mac_policy ?? null,
    catch_up: status?.catch_up ?? null,
    channel: status?.config ?? null,
    pairing: status?.pairing ?? null,
    sends: status?.sends ?? null,
    usage: status?.usage ?? null,
    late,
  };
}

/** For humans: the same facts, a line each. */
export function describe({ relay, account }: Connection, known: Known, late: LateCounts): string {
  const { status, checkedAt, why } = known;
  const lines = [
    `Relay    ${relay}${why === undefined ? "" : `: ${why}`}`,
    `Account  ${account}${named(status?.name)}`,
  ];
  if (status !== undefined) {
    const { agent, health, engine, catch_up, mac_policy: policy } = status;
    lines.push(`Mac      ${agent.state}${agent.since === null ? "" : ` since ${localTime(agent.since)}`}`);
    lines.push(
      `Health   ${health === null ? "unknown" : health.state}${health?.reason ? `: ${health.reason}` : ""}`,
    );
    if (health?.remedy) lines.push(`         ${health.remedy}`);
    lines.push(`imsg     ${imsgOf(status)}${engine?.bridge === true ? ", with its bridge" : ""}`);
    // The owner's last word, where there is one.
    const rules = policy === null ? [] : policyInWords(policy);
    lines.push(...rules.map((rule, at) => `${at === 0 ? "Owner   " : "        "} ${rule}`));
    if (catch_up !== null && !catch_up.finished)
      lines.push(`Catch-up ${catch_up.done} of ${catch_up.total === null ? "?" : `~${catch_up.total}`} rows`);
    lines.push(...channelLines(status), ...sendLines(status));
  }
  if (late.undated + late.too_old > 0) {
    lines.push(
      `Late     ${late.undated} delivered without their date, ${late.too_old} too old for the gateway`,
    );
  }
  if (why !== undefined && checkedAt !== undefined)
    lines.push(`Stale: as it was at ${localTime(checkedAt)}.`);
  return lines.join("\n");
}

/** An imsg that does not answer cannot be told from one that is too old to say what it is. */
function imsgOf({ engine, health }: AccountStatus): string {
  if (health?.reason === "imsg_missing") return "not found";
  if (engine === null || health === null) return "not known yet";
  if (engine.version !== null) return engine.version;
  const runs = health.state !== "down" || health.reason === "imsg_too_old";
  return runs ? "too old to say its version" : "not known yet";
}

/** What a bot of one's own is shown; a gateway that uses the tunnel alone has its own rules. */
function channelLines({ config, pairing }: AccountStatus): string[] {
  if (config === null) return [];
  if (!config.enabled) {
    const why = config.version === 0 ? "off: nothing is configured yet" : "off (enabled)";
    return [`Channel  ${why}`];
  }
  const warned =
    config.warnings === 0 ? "" : `, ${plural(config.warnings, "warning")}: imsg-relay config get`;
  const lines = [`Channel  on, configuration ${config.version}${warned}`];
  if (pairing !== null && pairing.pending > 0)
    lines.push(`Pairing  ${plural(pairing.pending, "stranger")} waiting: imsg-relay pairing list`);
  return lines;
}

/** Only what is not as it should be. */
function sendLines({ sends, usage }: AccountStatus): string[] {
  const counts: readonly (readonly [number, string])[] = [
    [sends?.queued ?? 0, "queued"],
    [sends?.unknown ?? 0, "of unknown outcome within 24 h"],
    [usage?.refused_loop ?? 0, "refused as too many to one chat"],
    [usage?.refused_new_chats ?? 0, "refused as too many new conversations"],
  ];
  const said = counts.filter(([count]) => count > 0).map(([count, what]) => `${count} ${what}`);
  return said.length === 0 ? [] : [`Sends    ${said.join(", ")}`];
}

const plural = (count: number, what: string): string => `${count} ${what}${count === 1 ? "" : "s"}`;

/** Read by a gateway, which may be anywhere. */
const utc = (at: number): string => new Date(at).toISOString();

function messageOf({ status, checkedAt, why }: Known): string {
  if (why !== undefined)
    return checkedAt === undefined ? why : `${why} This is what it said at ${utc(checkedAt)}.`;
  if (status === undefined) return "Nothing is known yet.";
  if (status.agent.state === "offline") {
    const seen = status.agent.last_seen;
    return `The Mac is not connected${seen === null ? "" : ` (last seen ${utc(seen)})`}.`;
  }
  if (status.health !== null && status.health.state !== "ok") {
    return (
      status.health.remedy ??
      `Messages on the Mac is not well: ${status.health.reason ?? status.health.state}.`
    );
  }
  if (status.mac_policy?.paused === true) return "The Mac is connected, and its owner has paused it.";
  return "The Mac is connected.";
}

const named = (name: string | undefined): string => (name === undefined || name === "" ? "" : ` (${name})`);
