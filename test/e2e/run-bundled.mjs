// Bundles a runner of real processes and runs it (TypeScript on Node 20 needs a build) on a copy of dist/, so that
// whoever builds meanwhile changes nothing under a run. Build first: node host/build.mjs.
import { spawn } from "node:child_process";
import { cpSync, mkdirSync, rmSync } from "node:fs";
import { constants } from "node:os";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..", "..");

/** `name` of a folder of test/ with a main.ts. The arguments of this process are its own, and so is its exit code. */
export async function runBundled(name) {
  const own = path.join(root, "node_modules", ".cache", name, String(process.pid));
  const outfile = path.join(own, "main.cjs");
  process.on("exit", () => rmSync(own, { recursive: true, force: true }));
  mkdirSync(own, { recursive: true });
  // While somebody builds there are folders in it that are renamed at any moment.
  const isWhole = (file) => !path.basename(file).startsWith(".stage-");
  cpSync(path.join(root, "dist"), path.join(own, "dist"), { recursive: true, filter: isWhole });
  await build({
    entryPoints: [path.join(root, "test", name, "main.ts")],
    bundle: true,
    platform: "node",
    format: "cjs",
    target: "node20",
    external: ["workerd"],
    // Whoever looks for dist/ starts from his own place, two folders below the root: here, below the copy.
    define: {
      "import.meta.url": JSON.stringify(pathToFileURL(path.join(own, "test", name, "main.ts")).href),
    },
    outfile,
    sourcemap: "inline",
    logLevel: "warning",
  });
  const child = spawn(process.execPath, ["--enable-source-maps", outfile, ...process.argv.slice(2)], {
    stdio: "inherit",
  });
  // Ctrl-C reaches both of us; the child ends what it started, then we remove the folder it runs from.
  process.on("SIGINT", () => undefined);
  for (const signal of ["SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  child.on("exit", (code, signal) => {
    process.exitCode = code ?? 128 + (signal === null ? 0 : constants.signals[signal]);
  });
}
