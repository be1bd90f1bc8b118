// Bundles the deterministic tier and runs it: TypeScript on Node 20 needs a build.
import { spawnSync } from "node:child_process";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const folder = path.dirname(fileURLToPath(import.meta.url));
const outfile = path.join(folder, "../../node_modules/.cache/seeds/main.cjs");
const options = {
  bundle: true,
  platform: "node",
  format: "cjs",
  target: "node20",
  external: ["sql.js"],
  outfile,
};
await build({ ...options, entryPoints: [path.join(folder, "main.ts")], sourcemap: "inline" });
const { status } = spawnSync(process.execPath, ["--enable-source-maps", outfile, ...process.argv.slice(2)], {
  stdio: "inherit",
});
process.exitCode = status ?? 1;
