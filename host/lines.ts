import type { Readable } from "node:stream";

/** Calls `take` with every line; what comes after the last newline is taken at the end. */
export function eachLine(stream: Readable, take: (line: string) => void): void {
  let rest = "";
  stream.setEncoding("utf8");
  stream.on("data", (chunk: string) => {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) take(line);
  });
  stream.once("end", () => {
    if (rest !== "") take(rest);
  });
  // A child that died breaks its pipes; that it died is told by its exit.
  stream.on("error", () => undefined);
}
