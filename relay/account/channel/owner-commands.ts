// `/status`, `/pairing` and `/config` by message from an owner (DESIGN §8). Each gives the text to answer with.
import { SETTINGS } from "../../../shared/config/settings.ts";
import { valueAt } from "../../../shared/config/edit.ts";
import { parsePath } from "../../../shared/config/path.ts";
import { readValue } from "../../../shared/config/patch.ts";
import type { Refused } from "../../../shared/errors.ts";
import { ERRORS } from "../../../shared/errors.ts";
import type { Result } from "../../../shared/result.ts";
import type { AccountPorts } from "../ports.ts";
import type { AccountStatus } from "../status.ts";
import type { StateStore } from "../store/state.ts";
import type { CommandErrand } from "./errands.ts";
import type { Pairing } from "./pairing.ts";
import type { Settings } from "./settings.ts";

/** An answer by message is one bubble. */
const MAX_ANSWER_CHARS = 3_000;

const PAIRING_HELP = "/pairing list, /pairing approve CODE, /pairing deny CODE, /pairing revoke HANDLE";
const CONFIG_HELP = "/config show [SETTING], /config set SETTING VALUE, /config unset SETTING";

export class OwnerCommands {
  readonly #ports: Pick<AccountPorts, "changeConfig" | "clock">;
  readonly #state: StateStore;
  readonly #settings: Settings;
  readonly #pairing: Pairing;
  readonly #status: () => AccountStatus;

  constructor(
    ports: Pick<AccountPorts, "changeConfig" | "clock">,
    state: StateStore,
    settings: Settings,
    pairing: Pairing,
    status: () => AccountStatus,
  ) {
    this.#ports = ports;
    this.#state = state;
    this.#settings = settings;
    this.#pairing = pairing;
    this.#status = status;
  }

  async perform(command: CommandErrand): Promise<string> {
    const text = await this.#answer(command);
    return text.length <= MAX_ANSWER_CHARS ? text : `${text.slice(0, MAX_ANSWER_CHARS - 1)}…`;
  }

  async #answer({ name, args, owner, is_direct }: CommandErrand): Promise<string> {
    if (name === "status") return this.#describe();
    // Codes, handles and settings are nobody's business in a group.
    if (!is_direct) return `Please send me /${name} directly, not in a group.`;
    const [verb = "", ...rest] = args.split(/\s+/);
    if (name === "pairing") return this.#pair(verb.toLowerCase(), rest.join(" "), owner);
    if (name === "config") return this.#configure(verb.toLowerCase(), rest, owner);
    return `I do not know /${name}.`;
  }

  #describe(): string {
    const { agent, health, log, pairing, config } = this.#status();
    const mac = agent.state === "online" ? "connected" : `away since ${new Date(agent.since).toISOString()}`;
    const messages =
      health === null || health.state === "ok" ? "fine" : `${health.state} (${health.reason ?? "unknown"})`;
    return [
      `Mac: ${mac}`,
      `Messages: ${messages}`,
      `Log: ${log.last_seq} events, the last is ${log.id}.${log.last_seq}`,
      `Pairing: ${pairing.pending} waiting, ${pairing.allowed} approved`,
      `Configuration: version ${config.version}${config.warnings > 0 ? `, ${config.warnings} warnings` : ""}`,
    ].join("\n");
  }

  #pair(verb: string, argument: string, owner: string): string {
    const by = `owner:${owner}`;
    switch (verb) {
      case "":
      case "list":
        return this.#list();
      case "approve":
        return said(this.#pairing.approve(argument, by), ({ handle }) => `${handle} may write from now on.`);
      case "deny":
        return said(this.#pairing.deny(argument, by), ({ handle }) => `The request of ${handle} is gone.`);
      case "revoke":
        return said(this.#pairing.revoke(argument, by), ({ handle }) => `${handle} may not write any more.`);
      default:
        return PAIRING_HELP;
    }
  }

  #list(): string {
    const { requests, allowed } = this.#pairing.list();
    const now = this.#ports.clock.now();
    const waiting = requests.map(
      ({ code, handle, name, expires_at }) =>
        `${code}  ${handle}${name === null ? "" : ` (${name})`}, ${Math.ceil((expires_at - now) / 60_000)} min left`,
    );
    return [
      waiting.length === 0 ? "Nobody is waiting." : `Waiting:\n${waiting.join("\n")}`,
      allowed.length === 0
        ? "Nobody was approved."
        : `Approved:\n${allowed.map(({ handle }) => handle).join("\n")}`,
    ].join("\n\n");
  }

  async #configure(verb: string, words: readonly string[], owner: string): Promise<string> {
    const { commands, configWrites } = this.#settings.config;
    if (commands.config !== true) return "/config is switched off (commands.config).";
    const [path = "", ...value] = words;
    if (verb === "" || verb === "show") return this.#show(path);
    if (verb !== "set" && verb !== "unset") return CONFIG_HELP;
    if (!configWrites) return "/config may only show here (configWrites).";
    if (path === "" || (verb === "set" && value.length === 0)) return CONFIG_HELP;
    const { account, tenant } = this.#state.current;
    const change = {
      account,
      tenant,
      owner,
      path,
      value: verb === "set" ? readValue(value.join(" ")) : undefined,
    };
    const changed = await this.#ports.changeConfig(change);
    if (!changed.ok) return `Nothing was changed.\n${changed.why.join("\n")}`;
    const what =
      changed.changed.length === 0 ? "That is how it was." : `Changed: ${changed.changed.join(", ")}.`;
    return `${what} Version ${changed.version}.`;
  }

  #show(path: string): string {
    const { config } = this.#settings;
    if (path !== "") {
      const parsed = parsePath(path);
      const value = parsed.ok ? valueAt(config, parsed.value) : undefined;
      return value === undefined ? `There is no setting ${path}.` : `${path} = ${JSON.stringify(value)}`;
    }
    const own = Object.entries(config).filter(
      ([name, value]) => JSON.stringify(value) !== JSON.stringify(fallbackOf(name)),
    );
    if (own.length === 0) return "Every setting has its default.";
    return own.map(([name, value]) => `${name} = ${JSON.stringify(value)}`).join("\n");
  }
}

const fallbackOf = (name: string): unknown =>
  Object.entries(SETTINGS).find(([known]) => known === name)?.[1].fallback;

const said = <T>(result: Result<T, Refused>, words: (value: T) => string): string =>
  result.ok ? words(result.value) : (result.error.detail ?? ERRORS[result.error.code].sentence);
