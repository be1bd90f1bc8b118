// What `npm start` says when everything is up: what there is, and three lines that work as they stand.
import path from "node:path";
import { typed, type Layout } from "./layout.ts";
import { DEMO } from "./mac.ts";
import type { Memory, StateFolder } from "./state-folder.ts";
import type { Terminal } from "./terminal.ts";

interface Running {
  readonly memory: Memory;
  readonly isNew: boolean;
  readonly layout: Layout;
  readonly folder: StateFolder;
}

export function welcome({ memory, isNew, layout, folder }: Running, { paint }: Terminal): string[] {
  const relay = `http://127.0.0.1:${memory.port}`;
  const home = `IMSG_RELAY_HOME=${typed(folder.home)}`;
  const gateway = typed(layout.gateway);
  const row = (name: string, value: string): string => `  ${paint("dim", name.padEnd(9))}${value}`;
  const isDemo = memory.mac === DEMO;
  return [
    "",
    `${paint("bold", "imsg-relay")} ${isNew ? "is set up and runs" : "runs again, with everything it had"}.`,
    "",
    row("relay", relay),
    row("account", memory.account),
    row("mac", isDemo ? "a simulated one (no imsg was found here, or --demo-mac)" : memory.mac),
    row("kept in", typed(folder.root)),
    "",
    "Try, in another terminal:",
    "",
    `  ${home} ${gateway} status`,
    `  echo '{"jsonrpc":"2.0","id":1,"method":"chats.list","params":{"limit":5}}' | ${home} ${gateway} rpc`,
    `  ${curl(relay, memory, folder)}`,
    ...(isDemo ? ["", "And let somebody write:", "", `  ${receive(layout, folder)}`] : []),
    "",
    paint("dim", "What passes is shown below. Ctrl-C stops everything."),
    "",
  ];
}

/** The key stays in its file: a command line can be read by everybody on this machine, and stays in the history. */
function curl(relay: string, { account }: Memory, { home }: StateFolder): string {
  const file = typed(path.join(home, "gateway.json"));
  const key = `$(sed -n 's/.*#\\(key_[^"]*\\).*/\\1/p' ${file})`;
  return `curl -s -H "Authorization: Bearer ${key}" ${relay}/v1/accounts/${account}/status`;
}

const receive = ({ sim }: Layout, { demoMac }: StateFolder): string =>
  `${typed(sim)} receive --db ${typed(path.join(demoMac, "chat.db"))} --chat 'any;-;+15550100111' --from +15550100111 'On my way!'`;
