// How fast a file goes, in an already connected client, against one `scp` process and a plain proxied fetch. All of
// them take turns, so that whatever else this machine does meanwhile falls on all of them alike.
import { randomBytes } from "node:crypto";
import { openWays, type Direction, type PathName, type Ways } from "./attachment-paths.ts";
import { startFilesMac, type ShownFile } from "./attachments.ts";
import type { Bench, Outcome } from "./row.ts";
import { median, round } from "./stats.ts";

const MB = 1_000_000;
const DIRECTIONS: readonly Direction[] = ["from_mac", "to_mac"];

type Times = Map<`${Direction} ${PathName}`, number[]>;

interface Wish {
  readonly bytes: number;
  readonly runs: number;
  /** Of scp's throughput, at least so many times as much. */
  readonly timesScp: number;
}

export async function attachmentSpeed(bench: Bench, { bytes, runs, timesScp }: Wish): Promise<Outcome> {
  const mac = await startFilesMac(bench);
  const content = randomBytes(bytes);
  const ways = await openWays(bench, mac, content);
  // The first one connects. A file each: of one that was fetched before, the checksum is known already.
  const [first, ...others] = await mac.show(runs + 1, content);
  if (first === undefined) throw new Error("no file is shown");
  const times: Times = new Map();
  await measure(ways, first, new Map());
  for (const [at, shown] of others.entries()) {
    await measure(turned(ways, at), shown, times);
    bench.say(
      `run ${at + 1}: ${[...times].map(([name, all]) => `${name} ${round(all.at(-1) ?? 0)}`).join(", ")}`,
    );
  }
  return judge(times, bytes, timesScp, runs);
}

/** Nobody always comes first after the same one, whose writes the disk may still be busy with. */
function turned(ways: Ways, by: number): Ways {
  const all = [...ways];
  const at = by % all.length;
  return new Map([...all.slice(at), ...all.slice(0, at)]);
}

async function measure(ways: Ways, shown: ShownFile, times: Times): Promise<void> {
  for (const direction of DIRECTIONS) {
    for (const [name, way] of ways) {
      const key = `${direction} ${name}` as const;
      times.set(key, [...(times.get(key) ?? []), await way[direction](shown)]);
    }
  }
}

function judge(times: Times, bytes: number, timesScp: number, runs: number): Outcome {
  const ms = (direction: Direction, name: PathName): number =>
    median(times.get(`${direction} ${name}`) ?? []);
  const speed = (direction: Direction, name: PathName): number =>
    round(bytes / MB / (ms(direction, name) / 1_000));
  const ratio = (direction: Direction, name: PathName): number =>
    round(ms(direction, name) / ms(direction, "relay"));
  const hasPeer = times.has("from_mac scp");
  const details: Record<string, number> = { runs };
  for (const direction of DIRECTIONS) {
    details[`${direction}_ms`] = round(ms(direction, "relay"));
    details[`${direction}_mb_s`] = speed(direction, "relay");
    if (hasPeer) {
      details[`${direction}_scp_mb_s`] = speed(direction, "scp");
      details[`${direction}_of_scp`] = ratio(direction, "scp");
    }
    details[`${direction}_forward_mb_s`] = speed(direction, "forward");
    details[`${direction}_of_forward`] = ratio(direction, "forward");
  }
  return {
    value: speed("from_mac", "relay"),
    p99: null,
    peer: hasPeer ? { name: "one scp process, from the Mac", value: speed("from_mac", "scp") } : null,
    within: hasPeer ? DIRECTIONS.every((direction) => ratio(direction, "scp") >= timesScp) : null,
    details,
  };
}
