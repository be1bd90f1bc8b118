import { execFileSync } from "node:child_process";

/** The programs under test are the built ones. */
export default function build(): void {
  execFileSync(process.execPath, ["host/build.mjs"], { stdio: "inherit" });
}
