// Bundles the rounds and runs them: TypeScript on Node 20 needs a build.
import { spawnSync } from "node:child_process";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";

const folder = path.dirname(fileURLToPath(import.meta.url));
const entry = path.join(folder, "main.ts");
const outfile = path.join(folder, "../../node_modules/.cache/faults/main.cjs");
await build({
  entryPoints: [entry],
  bundle: true,
  platform: "node",
  format: "cjs",
  target: "node20",
  external: ["workerd"],
  // CommonJS has none; whoever asks where dist/ is lives as deep as this file.
  define: { "import.meta.url": JSON.stringify(pathToFileURL(entry).href) },
  outfile,
  sourcemap: "inline",
});
const { status } = spawnSync(process.execPath, ["--enable-source-maps", outfile, ...process.argv.slice(2)], {
  stdio: "inherit",
});
process.exitCode = status ?? 1;
