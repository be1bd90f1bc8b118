// A Mac that shows files, and a gateway's client of its attachments, as the drop-in has one.
import { createHash, randomBytes } from "node:crypto";
import { createReadStream, utimesSync } from "node:fs";
import path from "node:path";
import * as z from "zod";
import { AttachmentsHttp } from "../../gateway/client/attachments.ts";
import { bytesFetch } from "../../gateway/node/bytes-fetch.ts";
import { httpFetch } from "../../gateway/node/http-fetch.ts";
import { sha256 } from "../../gateway/node/sha256.ts";
import type { System } from "../e2e/harness.ts";
import { http } from "../e2e/http.ts";
import { EVERYBODY, openChannel } from "../e2e/open-channel.ts";
import { until } from "../e2e/waiting.ts";
import { smallWorld, startMac } from "./mac.ts";
import type { Bench } from "./row.ts";

const FRIEND = "+15550100000";
const CAP_MB = 300;
const SHOWN_MS = 30_000;
/** Nobody can be writing it any more: the agent looks twice at a file of the last seconds. */
const LONG_AGO = new Date(Date.now() - 60 * 60_000);

/** A file that a message shows. */
export interface ShownFile {
  readonly reference: string;
  /** On the Mac. */
  readonly path: string;
}

export interface FilesMac {
  readonly system: System;
  readonly attachments: AttachmentsHttp;
  /** The folder on the Mac where uploads wait. */
  readonly staging: string;
  /** So many messages with a file each, all with these bytes; nobody has read them yet. */
  readonly show: (count: number, bytes: Uint8Array) => Promise<ShownFile[]>;
}

const pageSchema = z.object({
  events: z.array(
    z.looseObject({
      data: z.looseObject({
        message: z.looseObject({
          attachments: z.array(z.looseObject({ attachment: z.string().nullable(), name: z.string() })),
        }),
      }),
    }),
  ),
});

export async function startFilesMac(bench: Bench): Promise<FilesMac> {
  const agentConfig = { media_max_mb: CAP_MB };
  const system = await startMac(bench, { dialect: "0.15", world: smallWorld, agentConfig });
  await openChannel(system, { ...EVERYBODY, includeAttachments: true, mediaMaxMb: CAP_MB });
  const { account, key, relayUrl: relay } = system;
  const attachments = new AttachmentsHttp({ relay, account, key, bytesFetch, sha256, fetch: httpFetch });
  const staging = path.join(system.agent.home, "agent", "default", "staging");
  return { system, attachments, staging, show: (count, bytes) => show(system, count, bytes) };
}

async function show(system: System, count: number, bytes: Uint8Array): Promise<ShownFile[]> {
  const chat = system.world.dm(FRIEND, "any");
  const files = Array.from({ length: count }, () => {
    const name = `${randomBytes(8).toString("hex")}.bin`;
    const file = system.world.realFile(name, bytes);
    const shown = file.filename ?? "";
    utimesSync(shown, LONG_AGO, LONG_AGO);
    system.world.appendAttachments(chat, FRIEND, [file], name);
    return { name, path: shown };
  });
  const found = async (): Promise<ShownFile[] | false> => {
    const references = await shownNow(system);
    const all = files.map((file) => ({ reference: references.get(file.name) ?? "", path: file.path }));
    return all.every(({ reference }) => reference !== "") && all;
  };
  return until(found, `${count} files are shown`, SHOWN_MS);
}

/** Of at most 200 messages: no row shows more. */
async function shownNow({ accountUrl, key }: System): Promise<Map<string, string>> {
  const query = "after=beginning&limit=200&kinds=message.received";
  const answer = await http(`${accountUrl}/events?${query}`, { key });
  const { events } = pageSchema.parse(answer.json());
  const files = events.flatMap(({ data }) => data.message.attachments);
  return new Map(files.map(({ name, attachment }) => [name, attachment ?? ""]));
}

export async function hashOf(file: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(file)) hash.update(chunk);
  return hash.digest("base64");
}
