// The ways of a file between the Mac and the gateway, both directions each: ours, as the drop-in goes it; one `scp`
// process; and a plain proxied fetch. Each leaves a file, whose SHA-256 is compared when the clock has stopped.
import { copyFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { open } from "node:fs/promises";
import path from "node:path";
import { systemClock } from "../../gateway/client/system-clock.ts";
import { fileSource } from "../../gateway/node/file-source.ts";
import { attachmentFolder } from "../../gateway/drop-in/attachment-folder.ts";
import { run } from "../../host/child.ts";
import { tempFolder } from "../e2e/temp.ts";
import { hashOf, type FilesMac, type ShownFile } from "./attachments.ts";
import { startForward } from "./forward.ts";
import type { Bench } from "./row.ts";
import { startSshd } from "./sshd.ts";
import type { Command } from "./stdio-rpc.ts";
import { timed } from "./timing.ts";

export type PathName = "relay" | "scp" | "forward";
export type Direction = "from_mac" | "to_mac";
/** Milliseconds from the request to the last byte on disk. */
type Way = (shown: ShownFile) => Promise<number>;
export type Ways = ReadonlyMap<PathName, Readonly<Record<Direction, Way>>>;

const SOURCE = "source.bin";
const TARGET = "target.bin";
const NEVER = new AbortController().signal;

/** `bytes`: of every file that goes. */
export async function openWays(bench: Bench, mac: FilesMac, bytes: Uint8Array): Promise<Ways> {
  const here = tempFolder("bench-gateway");
  const there = tempFolder("bench-mac");
  bench.later(() => here.remove());
  bench.later(() => there.remove());
  const source = path.join(here.path, SOURCE);
  const target = path.join(here.path, TARGET);
  const onMac = path.join(there.path, TARGET);
  writeFileSync(source, bytes);
  copyFileSync(source, path.join(there.path, SOURCE));
  const expected = await hashOf(source);
  /** Ends with the file gone: the next one is a new one. */
  const checked = async (file: string, work: () => Promise<unknown>): Promise<number> => {
    const took = await timed(work);
    if ((await hashOf(file)) !== expected) throw new Error("other bytes than were sent");
    rmSync(file);
    return took;
  };

  const ways = new Map<PathName, Record<Direction, Way>>();
  ways.set("relay", relayWays(mac, path.join(here.path, "attachments"), source, expected));
  const sshd = await startSshd(bench);
  const scp = sshd?.scp ?? null;
  if (scp !== null)
    ways.set("scp", {
      from_mac: (shown) => checked(target, () => ended(scp.from(shown.path, target))),
      to_mac: () => checked(onMac, () => ended(scp.to(source, onMac))),
    });
  const forward = await startForward(bench, there.path);
  ways.set("forward", {
    from_mac: () => checked(target, () => forward.fetch(SOURCE, target)),
    to_mac: () => checked(onMac, () => forward.push(source, TARGET)),
  });
  return ways;
}

function relayWays(
  { attachments, staging }: FilesMac,
  folder: string,
  source: string,
  expected: string,
): Record<Direction, Way> {
  const fetchFile = attachmentFolder(folder, attachments, systemClock);
  return {
    from_mac: async ({ reference }) => {
      let file = "";
      const took = await timed(async () => {
        const fetched = await fetchFile(reference, TARGET, NEVER);
        if ("why" in fetched) throw new Error(fetched.why);
        file = fetched.path;
      });
      if ((await hashOf(file)) !== expected) throw new Error("other bytes than were sent");
      rmSync(path.dirname(file), { recursive: true });
      return took;
    },
    to_mac: async () => {
      const took = await timed(async () => {
        const file = await open(source, "r");
        try {
          const { size } = await file.stat();
          const { verified } = await attachments.upload(fileSource(file), { name: TARGET, size });
          if (!verified) throw new Error("nobody compared the checksums");
        } finally {
          await file.close();
        }
      });
      await emptied(staging, expected);
      return took;
    },
  };
}

/** As the files of the other ways do, it goes before the next run: a disk's cache that only grows is a slow one. */
async function emptied(staging: string, expected: string): Promise<void> {
  for (const id of readdirSync(staging)) {
    const folder = path.join(staging, id);
    if ((await hashOf(path.join(folder, TARGET))) !== expected) throw new Error("other bytes than were sent");
    rmSync(folder, { recursive: true });
  }
}

async function ended({ command, args }: Command): Promise<void> {
  const { code, err } = await run({ command, args, env: process.env });
  if (code !== 0) throw new Error(`scp ended with ${code}: ${err.slice(0, 200)}`);
}
