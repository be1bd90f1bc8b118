// imsg with a watch beside it: `imsg-tap FILE IMSG ARGS…` runs IMSG, passes everything through unchanged, and writes
// to FILE when each message came out, before it passes it on.
import { spawn } from "node:child_process";
import { appendFileSync } from "node:fs";
import { performance } from "node:perf_hooks";
import { eachLine } from "../../../host/lines.ts";

const [file = "", command = "", ...args] = process.argv.slice(2);
const imsg = spawn(command, args, { stdio: ["pipe", "pipe", "inherit"] });
process.stdin.pipe(imsg.stdin);
const GUID = /"guid":"([^"]+)"/g;

// What was seen is written when nothing goes on: a write before the line would be measured with it.
const seen: string[] = [];
eachLine(imsg.stdout, (line) => {
  const at = performance.timeOrigin + performance.now();
  process.stdout.write(`${line}\n`);
  if (!line.includes('"method":"message"')) return;
  for (const [, guid = ""] of line.matchAll(GUID)) seen.push(JSON.stringify({ guid, at }));
  setImmediate(() => {
    const lines = seen.splice(0);
    if (lines.length > 0) appendFileSync(file, `${lines.join("\n")}\n`);
  });
});
imsg.on("exit", (code) => process.exit(code ?? 1));
for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => imsg.kill(signal));
