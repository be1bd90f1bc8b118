// Processor time of a process, by its number.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

/** Linux counts in hundredths of a second, on every machine we build for. */
const TICKS_A_SECOND = 100;

/** Seconds of all its threads, user and system together. */
export function cpuSeconds(pid: number): number {
  if (process.platform === "linux") {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The second field is the program's name in brackets, which may hold anything.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return (Number(fields[11]) + Number(fields[12])) / TICKS_A_SECOND;
  }
  // [[dd-]hh:]mm:ss.cc
  const text = execFileSync("ps", ["-o", "time=", "-p", String(pid)], { encoding: "utf8" }).trim();
  const [clock = "", days = "0"] = text.split("-").reverse();
  return clock.split(":").reduce((sum, part) => sum * 60 + Number(part), 0) + Number(days) * 86_400;
}
