import { accounts } from "./accounts.ts";
import { attachments } from "./attachments.ts";
import { cancel } from "./cancel.ts";
import { chats } from "./chats.ts";
import { config } from "./config.ts";
import { enrol } from "./enrol.ts";
import { group } from "./group.ts";
import { history } from "./history.ts";
import { installs } from "./installs.ts";
import { keys } from "./keys.ts";
import { listen } from "./listen.ts";
import { login } from "./login.ts";
import { operations } from "./operations.ts";
import { pairing } from "./pairing.ts";
import type { Run } from "./run.ts";
import { send } from "./send.ts";
import { sendAttachment } from "./send-attachment.ts";
import { setup } from "./setup.ts";
import { tail } from "./tail.ts";
import { tenants } from "./tenants.ts";
import { webhooks } from "./webhooks.ts";

/** What people run; what gateways run is in ../main.ts. */
export const COMMAND_RUNS: ReadonlyMap<string, Run> = new Map<string, Run>([
  ["accounts", accounts],
  ["attachments", attachments],
  ["cancel", cancel],
  ["chats", chats],
  ["config", config],
  ["enrol", enrol],
  ["group", group],
  ["history", history],
  ["installs", installs],
  ["keys", keys],
  ["listen", listen],
  ["login", (_invocation, home) => login(home)],
  ["operations", operations],
  ["pairing", pairing],
  ["send", send],
  ["send-attachment", sendAttachment],
  ["setup", (invocation) => setup(invocation)],
  ["tail", tail],
  ["tenants", tenants],
  ["webhooks", webhooks],
]);
