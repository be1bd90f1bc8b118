import { AccountHttp } from "../client/account.ts";
import { ClientError } from "../client/client-error.ts";
import { httpFetch } from "../node/http-fetch.ts";
import { readConnection, writeConnection } from "../profile/connection.ts";
import type { Home } from "../profile/home.ts";
import { readPrivate, writePrivate } from "../profile/private-files.ts";
import { readSecret } from "./prompt.ts";
import { isInTheClear } from "./relay-origin.ts";

/** Keeps a connection string only after the relay has accepted it. */
export async function login(home: Home): Promise<number> {
  const line = await readSecret("Connection string: ");
  const connection = line === undefined ? undefined : readConnection(line);
  if (connection === undefined) {
    console.error(
      "imsg-relay: that is no connection string; it looks like https://relay.example.com/v1/accounts/acc_…#key_….…",
    );
    return 1;
  }
  if (isInTheClear(connection.relay)) {
    console.error(
      "imsg-relay: this address is not https: whoever is on the way can read the key and every message.",
    );
  }
  try {
    const { name, agent } = await new AccountHttp({ ...connection, fetch: httpFetch }).status();
    const file = writeConnection(connection);
    writePrivate(home.file, `${JSON.stringify({ ...readOthers(home), url: file }, null, 2)}\n`);
    console.log(
      `Logged in to ${connection.relay}, account ${connection.account}${name === "" ? "" : ` (${name})`}.`,
    );
    console.log(agent.state === "online" ? "The Mac is connected." : "The Mac is not connected yet.");
    console.log(`Kept in ${home.file}.`);
    return 0;
  } catch (error) {
    if (!(error instanceof ClientError)) throw error;
    console.error(`imsg-relay: ${error.message} Nothing was kept.${requestOf(error)}`);
    return 1;
  }
}

const requestOf = ({ requestId }: ClientError): string =>
  requestId === null ? "" : ` (request ${requestId})`;

/** Settings that stand beside an older login stay; a file that is open to others is replaced as a whole. */
function readOthers(home: Home): Record<string, unknown> {
  const read = readPrivate(home.file);
  if (read.kind !== "text") return {};
  try {
    const before: unknown = JSON.parse(read.text);
    return typeof before === "object" && before !== null && !Array.isArray(before) ? { ...before } : {};
  } catch {
    return {};
  }
}
