// Bundles the rounds and runs them (TypeScript on Node 20 needs a build) on a copy of dist/, so that whoever builds
// meanwhile changes nothing under a run. Build first: node host/build.mjs.
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, rmSync } from "node:fs";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";

const folder = path.dirname(fileURLToPath(import.meta.url));
const root = path.join(folder, "../..");
const own = path.join(root, "node_modules/.cache/faults", String(process.pid));
const outfile = path.join(own, "main.cjs");
process.on("exit", () => rmSync(own, { recursive: true, force: true }));
mkdirSync(own, { recursive: true });
cpSync(path.join(root, "dist"), path.join(own, "dist"), { recursive: true });
await build({
  entryPoints: [path.join(folder, "main.ts")],
  bundle: true,
  platform: "node",
  format: "cjs",
  target: "node20",
  external: ["workerd"],
  // Whoever looks for dist/ starts from his own place, two folders below the root: here, below the copy.
  define: { "import.meta.url": JSON.stringify(pathToFileURL(path.join(own, "test/faults/main.ts")).href) },
  outfile,
  sourcemap: "inline",
});
const { status } = spawnSync(process.execPath, ["--enable-source-maps", outfile, ...process.argv.slice(2)], {
  stdio: "inherit",
});
process.exitCode = status ?? 1;
