// Bundles the benches and runs them: TypeScript on Node 20 needs a build. Everything that is measured is copied first,
// so that a build that runs meanwhile does not change it.
import { spawn, spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, rmSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const folder = path.dirname(fileURLToPath(import.meta.url));
const root = path.resolve(folder, "..", "..");
const dist = path.join(root, "dist");
// Below node_modules, where `workerd` is found from the bundles, too.
const stage = path.join(root, "node_modules", ".cache", `bench-${process.pid}`);
process.on("exit", () => rmSync(stage, { recursive: true, force: true }));

if (!existsSync(path.join(dist, "package.json"))) {
  const { status } = spawnSync(process.execPath, [path.join(root, "host", "build.mjs")], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  if (status !== 0) process.exit(1);
}
mkdirSync(stage, { recursive: true });
const isWhole = (file) => !path.basename(file).startsWith(".stage-");
cpSync(dist, path.join(stage, "dist"), { recursive: true, filter: isWhole });
const programs = {
  bundle: true,
  platform: "node",
  format: "cjs",
  target: "node20",
  sourcemap: "inline",
  external: ["workerd", "bufferutil", "utf-8-validate"],
  outdir: path.join(stage, "test", "bench"),
  outExtension: { ".js": ".cjs" },
  entryNames: "[name]",
  // test/e2e/programs.ts finds dist/ from where it is itself; in a CommonJS bundle nobody says where that is.
  define: { "import.meta.url": "bundleUrl" },
  banner: { js: 'const bundleUrl = require("node:url").pathToFileURL(__filename).href;' },
  logLevel: "warning",
};
const entries = ["main.ts", "processes/echo-peer.ts", "processes/file-origin.ts", "processes/imsg-tap.ts"];
await build({ ...programs, entryPoints: entries.map((name) => path.join(folder, name)) });
for (const name of ["echo", "forward"]) {
  cpSync(path.join(folder, `${name}-worker.mjs`), path.join(stage, name, "worker.js"));
  cpSync(path.join(dist, "relay", "runtime.json"), path.join(stage, name, "runtime.json"));
}
await build({
  bundle: true,
  platform: "browser",
  conditions: ["workerd", "worker", "browser"],
  format: "esm",
  target: "es2024",
  external: ["cloudflare:*", "node:*"],
  entryPoints: [path.join(folder, "counting-worker.mjs")],
  outfile: path.join(stage, "counting", "worker.js"),
  logLevel: "warning",
});
cpSync(path.join(dist, "relay", "runtime.json"), path.join(stage, "counting", "runtime.json"));

const main = path.join(stage, "test", "bench", "main.cjs");
const child = spawn(process.execPath, ["--enable-source-maps", main, ...process.argv.slice(2)], {
  stdio: "inherit",
});
// Ctrl-C reaches both of us; the child ends what it started, then we remove the folder it runs from.
process.on("SIGINT", () => undefined);
for (const signal of ["SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
child.on("exit", (code) => {
  process.exitCode = code ?? 1;
});
