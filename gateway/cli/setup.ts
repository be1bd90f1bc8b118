import { Admin } from "../client/admin.ts";
import { ClientError } from "../client/client-error.ts";
import { httpFetch } from "../node/http-fetch.ts";
import { writeConnection } from "../profile/connection.ts";
import type { Invocation } from "./invocation.ts";
import { readSecret } from "./prompt.ts";
import { readOrigin } from "./relay-origin.ts";

/** Everything that was made, as `--json` prints it. */
interface Made {
  readonly relay: string;
  readonly tenant: string;
  readonly account: string;
  readonly key: string;
  readonly credential: string;
  /** For `imsg-relay login` on the gateway's host. */
  readonly connection: string;
  readonly enrolment: { readonly code: string; readonly url: string; readonly expires_at: number };
  /** The one line for the Mac. */
  readonly enroll: string;
}

/** From nothing to a working pair of ends: one line for the Mac, one secret for the gateway. */
export async function setup(invocation: Invocation): Promise<number> {
  const [text = "", ...others] = invocation.words;
  const relay = others.length > 0 ? undefined : readOrigin(text);
  if (relay === undefined) {
    console.error(
      "imsg-relay: setup needs the relay's address, and nothing else: imsg-relay setup https://relay.example.com",
    );
    return 2;
  }
  const operatorKey = process.env["IMSG_RELAY_OPERATOR_KEY"] || (await readSecret("Operator key: "));
  if (operatorKey === undefined) {
    console.error(
      "imsg-relay: the operator's key comes from IMSG_RELAY_OPERATOR_KEY or from standard input.",
    );
    return 1;
  }
  const progress: string[] = [];
  try {
    const made = await make(relay, operatorKey, invocation.name ?? "default", progress);
    console.log(invocation.json ? JSON.stringify(made) : describe(made));
    return 0;
  } catch (error) {
    if (!(error instanceof ClientError)) throw error;
    const done = progress.length === 0 ? "Nothing was made." : `Made so far: ${progress.join(", ")}.`;
    const request = error.requestId === null ? "" : ` (request ${error.requestId})`;
    console.error(`imsg-relay: ${error.message} ${done}${request}`);
    return 1;
  }
}

async function make(relay: string, operatorKey: string, name: string, progress: string[]): Promise<Made> {
  const admin = new Admin({ relay, key: operatorKey, fetch: httpFetch });
  const { tenant } = await admin.createTenant(name);
  progress.push(tenant);
  const { account } = await admin.createAccount(tenant, name);
  progress.push(account);
  const { key, credential } = await admin.createKey(tenant, {
    name: `${name} gateway`,
    scopes: ["rpc", "read", "send", "manage"],
    accounts: [account],
  });
  progress.push(key);
  const { code, url, expires_at } = await admin.createEnrolment(account);
  // The relay knows its own public address better than whoever reached it through another one.
  const target = url.includes("#") ? url : `${url}#${code}`;
  return {
    relay,
    tenant,
    account,
    key,
    credential,
    connection: writeConnection({ relay, account, key: credential }),
    enrolment: { code, url: target, expires_at },
    enroll: `imsg-relay-agent enroll '${target}'`,
  };
}

function describe(made: Made): string {
  const minutes = Math.max(1, Math.round((made.enrolment.expires_at - Date.now()) / 60_000));
  return [
    `Tenant   ${made.tenant}`,
    `Account  ${made.account}`,
    `Key      ${made.key}`,
    "",
    `On the Mac, within ${minutes} minutes:`,
    "",
    `  ${made.enroll}`,
    "",
    "On the gateway's host, `imsg-relay login` and this connection string (a secret, shown this once):",
    "",
    `  ${made.connection}`,
    "",
  ].join("\n");
}
