// `serve`: the relay alone, for a machine of one's own behind a proxy that speaks TLS.
import path from "node:path";
import { DEFAULT_PORT, type Arguments } from "./arguments.ts";
import type { Keeper } from "./keep-running.ts";
import { typed, type Layout } from "./layout.ts";
import { isTaken } from "./ports.ts";
import { makePrivateFolder } from "./private-folder.ts";
import { keepRelay } from "./relay.ts";
import { readOrMakeSecrets } from "./secrets.ts";
import { onInterruption } from "./signals.ts";
import { stateFolder } from "./state-folder.ts";
import { StateLock } from "./state-lock.ts";
import type { Terminal } from "./terminal.ts";

export async function serve(args: Arguments, layout: Layout, terminal: Terminal): Promise<number> {
  const { host, port = DEFAULT_PORT, webhooksToLoopback } = args;
  const folder = stateFolder(args.state);
  makePrivateFolder(folder.root);
  const lock = await StateLock.take(folder.root, (name, pid) =>
    terminal.warn(`The ${name} of an earlier run was still there (process ${pid}) and has been ended.`),
  );
  const interruption = onInterruption(() => process.exit(1));
  let relay: Keeper | undefined;
  try {
    const secrets = readOrMakeSecrets(folder.root);
    const origins = args.origins.length === 0 ? [`http://${host}:${port}`] : args.origins;
    // The proxy in front expects this very port.
    if (await isTaken(port, host)) throw new Error(`Port ${port} is taken. Choose another with --port.`);
    const place = { layout, state: folder.relay, host, port, secrets, origins, webhooksToLoopback };
    relay = await keepRelay(
      // Whoever runs a service collects its output.
      { ...place, onLine: (line) => terminal.say(line) },
      {
        onStart: (pid) => lock.note("relay", pid),
        onEnd: (how, againInMs) =>
          terminal.warn(`The relay ended (${how}); it is started again in ${againInMs / 1_000} s.`),
      },
    );
    const secretsFile = typed(path.join(folder.root, "secrets.json"));
    const operatorKey = `$(sed -n 's/.*"OPERATOR_KEY": "\\(.*\\)".*/\\1/p' ${secretsFile})`;
    terminal.say(`The relay listens on http://${host}:${port}, for ${origins.join(", ")}.`);
    terminal.say(`Its state and its secrets are in ${typed(folder.root)}: back up both together.`);
    if (secrets.isNew) terminal.say(`New secrets were made (${secretsFile}).`);
    terminal.say();
    terminal.say("To set up an account:");
    terminal.say();
    terminal.say(
      `  IMSG_RELAY_OPERATOR_KEY=${operatorKey} ${typed(layout.gateway)} setup ${origins[0] ?? ""}`,
    );
    terminal.say();
    await interruption.asked;
    return 0;
  } finally {
    await relay?.stop();
    lock.release();
    if (interruption.wasAsked()) terminal.say("The relay has stopped.");
  }
}
