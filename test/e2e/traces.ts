// A tenant of which something is stored everywhere, and every byte that a relay keeps.
import { readFileSync } from "node:fs";
import path from "node:path";
import { createHash, randomUUID } from "node:crypto";
import * as z from "zod";
import { messageRow } from "./bystander.ts";
import { filesBelow } from "./files-below.ts";
import { http } from "./http.ts";
import { EVERYBODY, openChannel } from "./open-channel.ts";
import { makeAccount, makeTenant } from "./owner.ts";
import { enrol, RawLink } from "./raw-link.ts";
import { OPERATOR_KEY, type RelayProcess } from "./relay-process.ts";

const installsSchema = z.looseObject({ installs: z.array(z.looseObject({ public_key: z.string() })) });

export const HANDLE = "+15557654321";
export const TEXT = "the secret of the deleted tenant";

/** Every byte that the relay keeps of its objects, as text. */
export function everyByte(relay: RelayProcess): string {
  const files = filesBelow(path.join(relay.state, "objects"));
  return files.map(bytesOf).join("\n");
}

/** What goes while it is looked for holds nothing any more. */
function bytesOf(file: string): string {
  try {
    return readFileSync(file, "latin1");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return "";
    throw error;
  }
}

export const operator = async (relay: RelayProcess, method: string, rest: string) =>
  http(`${relay.url}${rest}`, { method, key: OPERATOR_KEY });

export interface Traces {
  readonly tenant: string;
  readonly hash: string;
  readonly publicKey: string;
}

/** A tenant of which something is stored everywhere: a message, a configuration, a key, an agent. */
export async function leaveTraces(relay: RelayProcess): Promise<Traces> {
  const tenant = await makeTenant(relay.url);
  const { account, credential } = await makeAccount(relay.url, tenant);
  const accountUrl = `${relay.url}/v1/accounts/${account}`;
  await openChannel({ accountUrl, key: credential }, { ...EVERYBODY, groupAllowFrom: [HANDLE] });
  const identity = await enrol(relay.url, account);
  const link = await RawLink.welcomed(relay.url, identity);
  const message = { ...messageRow(1, randomUUID()), sender: HANDLE, text: TEXT };
  link.send({ t: "events", n: 1, database: 0, resume: 1, rows: [{ rowid: 1, message }] });
  await link.frames.find(({ t }) => t === "ack", "the ack");
  const installs = await http(`${accountUrl}/installs`, { key: OPERATOR_KEY });
  const [install] = installsSchema.parse(installs.json()).installs;
  const secret = credential.slice(credential.indexOf(".") + 1);
  return {
    tenant,
    hash: createHash("sha256").update(secret).digest("hex"),
    publicKey: install?.public_key ?? "",
  };
}
