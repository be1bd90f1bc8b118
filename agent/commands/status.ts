// `status`: what the running agent last wrote about itself.
import { catchUpInWords } from "../catch-up-words.ts";
import { profileFiles, readIdentity } from "../node/home.ts";
import { isAlive, readStored, type StoredStatus } from "../node/status-file.ts";
import { complain, EXIT, PROFILE_HELP, PROFILE_OPTION, say, type Command } from "./command.ts";

export const status: Command = {
  name: "status",
  args: "",
  summary: "say whether the agent runs, is connected, and can read Messages",
  options: { ...PROFILE_OPTION, json: { type: "boolean" } },
  optionHelp: { ...PROFILE_HELP, json: "for programs" },
  run: ({ options, environment }) => {
    const files = profileFiles(environment, String(options["profile"]));
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
    if (options["json"] === true) say(JSON.stringify({ running, enrolled, ...(running ? stored : {}) }));
    else if (enrolled === null) say("Not enrolled. Run: imsg-relay-agent enroll URL#CODE");
    else {
      say(`Relay    ${enrolled.relay}`);
      say(`Account  ${enrolled.account}`);
      if (running) describe(stored);
      else say("Agent    not running. Run: imsg-relay-agent run");
    }
    if (!identity.ok) return Promise.resolve(EXIT.setup);
    return Promise.resolve(running ? EXIT.ok : EXIT.not_running);
  },
};

function describe(status: StoredStatus): void {
  const { pid, link, health, engine, feed, backlog } = status;
  const { operations_running: running, operations_queued: queued, operations_unacked: unacked } = status;
  say(`Agent    running (pid ${pid})`);
  say(
    `Link     ${link.state} since ${new Date(link.since).toISOString()}${link.problem === null ? "" : `: ${link.problem}`}`,
  );
  say(`Messages ${health.state}${health.reason === null ? "" : `: ${health.reason}`}`);
  if (health.remedy !== null) say(`         ${health.remedy}`);
  say(`imsg     ${engine.version ?? "unknown version"}${engine.pages ? "" : " (old engine)"}`);
  say(
    `Reading  ${feed.caught_up ? "live" : "catching up"} at ${feed.position ?? "unknown"}${feed.held > 0 ? `, ${feed.held} held` : ""}`,
  );
  if (feed.catch_up !== null) say(`Catch-up ${catchUpInWords(feed.catch_up)}`);
  if (running > 0 || queued > 0) say(`Sending  ${running} under way, ${queued} behind them`);
  const { transfers: files } = status;
  if (files.running + files.done + files.failed > 0)
    say(`Files    ${files.running} under way, ${files.done} done, ${files.failed} failed`);
  if (backlog > 0 || unacked > 0) say(`Waiting  ${backlog} messages, ${unacked} results`);
}
