// `status`: what the running agent last wrote about itself.
import { policyInWords } from "../../shared/mac-policy.ts";
import { catchUpInWords } from "../catch-up-words.ts";
import { mistakeInWords } from "../config/config-file.ts";
import { policyOf } from "../mac-policy.ts";
import { profileFiles, readIdentity } from "../node/home.ts";
import { OwnerFileOnDisk } from "../node/owner-file.ts";
import { isAlive, readStored, type StoredStatus } from "../node/status-file.ts";
import type { MacPolicy } from "../../shared/mac-policy.ts";
import { complain, EXIT, ourCommand, PROFILE_HELP, PROFILE_OPTION, say, type Command } from "./command.ts";
import { leftInWords } from "./profile.ts";

export const status: Command = {
  name: "status",
  args: "",
  summary: "say whether the agent runs, is connected, and can read Messages",
  options: { ...PROFILE_OPTION, json: { type: "boolean" } },
  optionHelp: { ...PROFILE_HELP, json: "for programs" },
  run: ({ options, environment }) => {
    const profile = String(options["profile"]);
    const files = profileFiles(environment, profile);
    if (files === undefined) {
      complain("a profile's name holds letters, digits, dots, dashes and underscores");
      return Promise.resolve(EXIT.usage);
    }
    const identity = readIdentity(files.identity);
    const stored = readStored(files.status);
    const running = stored !== undefined && isAlive(stored);
    const enrolled = identity.ok
      ? { relay: identity.value.relay, account: identity.value.account, install: identity.value.install }
      : null;
    const rules = running ? rulesThatHold(stored) : rulesInFile(files.config);
    if (options["json"] === true)
      say(JSON.stringify({ running, enrolled, ...(running ? stored : {}), ...rules }));
    else if (enrolled === null)
      say(`Not enrolled${leftInWords(files)}. Run: ${ourCommand("enroll URL#CODE", profile)}`);
    else {
      say(`Relay    ${enrolled.relay}`);
      say(`Account  ${enrolled.account}`);
      if (running) describe(stored);
      else say(`Agent    not running. Run: ${ourCommand("run", profile)}`);
      describeRules(rules);
    }
    if (!identity.ok) return Promise.resolve(EXIT.setup);
    return Promise.resolve(running ? EXIT.ok : EXIT.not_running);
  },
};

interface OwnerRulesShown {
  readonly policy: MacPolicy | null;
  readonly settings_mistake: string | null;
}

const rulesThatHold = ({ policy, settings_mistake }: StoredStatus): OwnerRulesShown => ({
  policy,
  settings_mistake,
});

/** What would hold if it were started now. */
function rulesInFile(file: string): OwnerRulesShown {
  const owner = OwnerFileOnDisk.open(file);
  if (owner.ok) return { policy: policyOf(owner.value.look()), settings_mistake: null };
  return { policy: null, settings_mistake: mistakeInWords("agent.jsonc", owner.error) };
}

function describeRules({ policy, settings_mistake: mistake }: OwnerRulesShown): void {
  // Where it is wrong is said with what is wrong.
  const rules = policy === null ? [] : policyInWords({ ...policy, mistake: null });
  const lines =
    rules.length === 0 && policy !== null
      ? ["everything is allowed but to send files of this Mac's own (send_roots)"]
      : rules;
  for (const [at, line] of lines.entries()) say(`${at === 0 ? "Rules   " : "        "} ${line}`);
  if (mistake === null) return;
  say(`Mistake  ${mistake}`);
  say(
    policy === null
      ? "         The agent does not start with it."
      : "         Until it is mended, the rules above hold.",
  );
}

function describe(status: StoredStatus): void {
  const { pid, link, health, engine, feed, backlog } = status;
  const { operations_running: running, operations_queued: queued, operations_unacked: unacked } = status;
  say(`Agent    running (pid ${pid})`);
  say(
    `Link     ${link.state} since ${new Date(link.since).toISOString()}${link.problem === null ? "" : `: ${link.problem}`}`,
  );
  say(`Messages ${health.state}${health.reason === null ? "" : `: ${health.reason}`}`);
  if (health.remedy !== null) say(`         ${health.remedy}`);
  if (engine.version !== null || health.state === "ok")
    say(`imsg     ${engine.version ?? "too old to say its version"}${engine.pages ? "" : " (old engine)"}`);
  const place = `${feed.caught_up ? "live" : "catching up"} at ${feed.position}`;
  say(
    `Reading  ${feed.position === null ? "not begun" : place}${feed.held > 0 ? `, ${feed.held} held` : ""}`,
  );
  if (feed.catch_up !== null) say(`Catch-up ${catchUpInWords(feed.catch_up)}`);
  if (running > 0 || queued > 0) say(`Sending  ${running} under way, ${queued} behind them`);
  const { transfers: files } = status;
  if (files.running + files.done + files.failed > 0)
    say(`Files    ${files.running} under way, ${files.done} done, ${files.failed} failed`);
  if (backlog > 0 || unacked > 0) say(`Waiting  ${backlog} messages, ${unacked} results`);
}
