import { setFlagsFromString } from "node:v8";
import { main } from "./cli.ts";

// The young generation of the heap stays small: it would grow by 30 MB during a catch-up and never shrink again,
// and what passes through here is short-lived anyway (measured: 50,000 rows take no longer).
setFlagsFromString("--semi-space-growth-factor=1");

main(process.argv.slice(2), process.env).then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    process.stderr.write(
      `imsg-relay-agent: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
    );
    process.exitCode = 1;
  },
);
