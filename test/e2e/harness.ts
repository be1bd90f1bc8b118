// Everything that a message passes, as real as it gets on one machine: workerd with its state on disk, the built
// agent, the simulated imsg as its child. Every test, fault run and bench of the whole stands on this.
import path from "node:path";
import * as z from "zod";
import type { Program } from "../../host/child.ts";
import { Mac } from "../imsg-sim/scenario.ts";
import type { Dialect } from "../imsg-sim/host.ts";
import type { Settings } from "../imsg-sim/settings.ts";
import { AgentProcess } from "./agent-process.ts";
import { http, type HttpAnswer } from "./http.ts";
import { makeAccount, makeTenant, offerEnrolment, type Account } from "./owner.ts";
import { PROGRAMS } from "./programs.ts";
import { OPERATOR_KEY, RelayProcess } from "./relay-process.ts";
import { tempFolder } from "./temp.ts";
import { Tunnel, type TunnelOptions } from "./tunnel.ts";
import { until } from "./waiting.ts";

export interface SystemOptions {
  readonly dialect: Dialect;
  /** Fills the Mac before the agent first starts. */
  readonly world?: (mac: Mac) => void;
  /** Of the simulated imsg, beside dialect and seed. */
  readonly imsg?: Settings;
  /** The same number gives the simulated imsg the same key orders, guids and races. */
  readonly seed?: number;
  /** Bindings of the relay. */
  readonly relayEnv?: Readonly<Record<string, string>>;
  /** Settings in agent.jsonc beside, or instead of, the short ones of `QUICK`. */
  readonly agentConfig?: Readonly<Record<string, unknown>>;
  /** False: everything is ready, and the agent not yet started. */
  readonly runAgent?: boolean;
  /** A relay that is there already, for several accounts on one. It is not stopped with this system. */
  readonly relay?: RelayProcess;
}

const statusSchema = z.looseObject({
  account: z.string(),
  agent: z.looseObject({
    state: z.enum(["online", "offline"]),
    epoch: z.int(),
    last_seen: z.number().nullable(),
  }),
  health: z.looseObject({ state: z.string(), reason: z.string().nullable() }).nullable(),
  engine: z.looseObject({ version: z.string().nullable(), pages: z.boolean() }).nullable(),
  log: z.object({ id: z.string(), last_seq: z.int(), database: z.int(), resume: z.int().nullable() }),
  catch_up: z.looseObject({ done: z.int(), finished: z.boolean() }).nullable(),
  gateways: z.int(),
  subscriptions: z.int(),
  calls: z.int(),
  operations_open: z.int(),
  usage: z.looseObject({ constructed: z.int(), wakes: z.int(), events: z.int(), calls: z.int() }),
});
export type SystemStatus = z.infer<typeof statusSchema>;

const rpcSchema = z.looseObject({
  id: z.union([z.string(), z.number(), z.null()]),
  result: z.unknown().optional(),
  error: z.looseObject({ code: z.int(), message: z.string(), data: z.unknown().optional() }).optional(),
});
export type RpcAnswer = z.infer<typeof rpcSchema>;

/** Waits that would be seconds in service, so that a test takes seconds and not minutes. */
export const QUICK = {
  debounce_ms: 20,
  intervals: {
    database_look_ms: 200,
    restart_ms: 50,
    restart_max_ms: 500,
    quiet_ms: 200,
    look_ms: 200,
  },
};

/** For tests of a link that goes dead: heartbeat and patience of the agent, and the relay's binding beside it. */
export const QUICK_LINK = {
  agentConfig: { link: { heartbeat_ms: 200, dead_after_ms: 1_000 } },
  relayEnv: { LINK_DEAD_AFTER_MS: "1000" },
};

const ONLINE_MS = 15_000;

export class System {
  readonly operatorKey = OPERATOR_KEY;
  readonly relay: RelayProcess;
  readonly agent: AgentProcess;
  readonly world: Mac;
  readonly account: string;
  readonly tenant: string;
  /** `<key id>.<secret>`, for everything on this account. */
  readonly key: string;
  readonly #folder: { readonly path: string; remove(): void };
  readonly #ownsRelay: boolean;
  readonly #tunnels = new Set<Tunnel>();

  constructor(
    relay: RelayProcess,
    agent: AgentProcess,
    world: Mac,
    { account, tenant, credential }: Account,
    folder: { readonly path: string; remove(): void },
    ownsRelay: boolean,
  ) {
    this.relay = relay;
    this.agent = agent;
    this.world = world;
    this.account = account;
    this.tenant = tenant;
    this.key = credential;
    this.#folder = folder;
    this.#ownsRelay = ownsRelay;
  }

  get relayUrl(): string {
    return this.relay.url;
  }

  /** `/v1/accounts/{account}` of the relay. */
  get accountUrl(): string {
    return `${this.relay.url}/v1/accounts/${this.account}`;
  }

  /** A folder of this system, for whatever else a test keeps. */
  get folder(): string {
    return this.#folder.path;
  }

  /** The program that gateways run, on this account, with a home of its own here. */
  gateway(args: readonly string[]): Omit<Program, "onLine"> {
    const home = path.join(this.folder, "gateway");
    return {
      command: process.execPath,
      args: [PROGRAMS.gateway, ...args],
      env: { ...process.env, IMSG_RELAY_HOME: home, IMSG_RELAY_URL: `${this.accountUrl}#${this.key}` },
    };
  }

  /** One JSON-RPC request by POST. Throws where the answer is not 200. */
  async rpc(
    method: string,
    params?: unknown,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<RpcAnswer> {
    const answer = await this.post(
      { jsonrpc: "2.0", id: 1, method, ...(params === undefined ? {} : { params }) },
      headers,
    );
    if (answer.status !== 200) throw new Error(`HTTP ${answer.status}: ${answer.text.slice(0, 300)}`);
    return rpcSchema.parse(answer.json());
  }

  /** The result of `rpc`; an error is a failure of the test. */
  async result(method: string, params?: unknown): Promise<unknown> {
    const { error, result } = await this.rpc(method, params);
    if (error !== undefined) throw new Error(`${method}: ${JSON.stringify(error)}`);
    return result;
  }

  post(body: unknown, headers: Readonly<Record<string, string>> = {}): Promise<HttpAnswer> {
    return http(`${this.accountUrl}/rpc`, { method: "POST", key: this.key, body, headers });
  }

  async tunnel(options?: TunnelOptions): Promise<Tunnel> {
    const tunnel = await Tunnel.open(`${this.accountUrl.replace("http", "ws")}/rpc`, this.key, options);
    this.#tunnels.add(tunnel);
    void tunnel.closed.then(() => this.#tunnels.delete(tunnel));
    return tunnel;
  }

  async status(): Promise<SystemStatus> {
    const answer = await http(`${this.accountUrl}/status`, { key: this.key });
    if (answer.status !== 200) throw new Error(`HTTP ${answer.status}: ${answer.text.slice(0, 300)}`);
    return statusSchema.parse(answer.json());
  }

  /** Connected, and reading live: what the Mac shows from now on is logged. */
  waitForOnline(ms = ONLINE_MS): Promise<SystemStatus> {
    const live = async (): Promise<SystemStatus | false> => {
      const status = await this.status();
      return (
        status.agent.state === "online" &&
        status.log.resume !== null &&
        status.catch_up?.finished !== false &&
        status
      );
    };
    return until(live, "the Mac is online", ms);
  }

  waitForOffline(ms = ONLINE_MS): Promise<SystemStatus> {
    return until(
      async () => {
        const status = await this.status();
        return status.agent.state === "offline" && status;
      },
      "the Mac is offline",
      ms,
    );
  }

  async stop(): Promise<void> {
    for (const tunnel of this.#tunnels) tunnel.cut();
    // Nothing of it is needed any more, so nobody is asked to leave in order.
    await this.agent.kill("SIGKILL");
    if (this.#ownsRelay) await this.relay.kill9();
    this.#folder.remove();
  }
}

/** Everything runs and the Mac is online, unless `runAgent` is false. Whatever fails leaves nothing behind. */
export async function startSystem(options: SystemOptions): Promise<System> {
  const folder = tempFolder(`e2e-${options.dialect}`);
  const stops: (() => Promise<void>)[] = [];
  try {
    const relay =
      options.relay ??
      (await RelayProcess.start({ state: path.join(folder.path, "relay"), env: options.relayEnv ?? {} }));
    if (options.relay === undefined) stops.push(() => relay.kill9());
    const world = new Mac({
      folder: path.join(folder.path, "Messages"),
      settings: { dialect: options.dialect, seed: options.seed ?? 1, tailRace: 0, ...options.imsg },
    });
    options.world?.(world);
    const account = await makeAccount(relay.url, await makeTenant(relay.url));
    const { url } = await offerEnrolment(relay.url, account.account);
    const agent = await AgentProcess.enrol(path.join(folder.path, "home"), url, {
      cliPath: PROGRAMS.sim,
      dbPath: world.dbPath,
      // Where the simulated Messages keeps its files.
      attachment_roots: [path.join(world.folder, "Attachments")],
      ...QUICK,
      ...options.agentConfig,
    });
    stops.push(async () => void (await agent.kill("SIGKILL")));
    const system = new System(relay, agent, world, account, folder, options.relay === undefined);
    if (options.runAgent !== false) {
      await agent.start();
      await system.waitForOnline();
    }
    return system;
  } catch (error) {
    for (const stop of stops.reverse()) await stop();
    folder.remove();
    throw error;
  }
}
