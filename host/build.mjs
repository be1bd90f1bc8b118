// Bundles every program into dist/, a few files each, so that nothing is compiled or installed later.
// Plain JavaScript: it is what makes TypeScript runnable on Node 20.
import { chmod, mkdir, readdir, readFile, rename, writeFile } from "node:fs/promises";
import { rmSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { thirdPartyNotices } from "./third-party.mjs";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");
const at = (...parts) => path.join(root, ...parts);

/** Node programs: CommonJS starts fastest, and the bundles need no package.json beside them. */
const NODE = {
  bundle: true,
  platform: "node",
  format: "cjs",
  target: "node20",
  minify: true,
  keepNames: true,
  legalComments: "none",
  external: ["workerd", "bufferutil", "utf-8-validate"],
  logLevel: "warning",
};

const WORKER = {
  bundle: true,
  platform: "browser",
  conditions: ["workerd", "worker", "browser"],
  format: "esm",
  target: "es2024",
  minify: true,
  keepNames: true,
  legalComments: "none",
  external: ["cloudflare:*", "node:*"],
  logLevel: "warning",
};

const PROGRAMS = [
  { options: WORKER, entry: "relay/index.ts", out: "dist/relay/worker.js" },
  // The doctor beside the agent: what runs all day does not hold it.
  { options: NODE, entry: "agent/main.ts", out: "dist/agent/agent.cjs", external: ["./consult.cjs"] },
  { options: NODE, entry: "agent/consult.ts", out: "dist/agent/consult.cjs" },
  // The drop-in's fast path loads neither zod nor ws; the rest is loaded only when it is needed.
  {
    options: NODE,
    entry: "gateway/entry.ts",
    out: "dist/gateway/entry.cjs",
    external: ["./main.cjs", "./commands.cjs"],
  },
  { options: NODE, entry: "gateway/main.ts", out: "dist/gateway/main.cjs" },
  { options: NODE, entry: "gateway/commands.ts", out: "dist/gateway/commands.cjs" },
  { options: NODE, entry: "host/main.ts", out: "dist/host/host.cjs" },
  { options: NODE, entry: "test/imsg-sim/main.ts", out: "dist/imsg-sim/imsg-sim.cjs" },
];

const LAUNCHERS = [
  ["imsg-relay", "../gateway/entry.cjs"],
  ["imsg-relay-agent", "../agent/agent.cjs"],
  ["imsg-sim", "../imsg-sim/imsg-sim.cjs"],
];

// Made beside and moved into place file by file: programs that run from dist/ never see it half made.
const stage = at("dist", `.stage-${process.pid}`);
const staged = (out) => path.join(stage, path.relative("dist", out));
process.on("exit", () => rmSync(stage, { recursive: true, force: true }));
const bundles = await Promise.all(
  PROGRAMS.map(async ({ options, entry, out, external = [] }) => {
    const { metafile } = await build({
      ...options,
      external: [...options.external, ...external],
      entryPoints: [at(entry)],
      outfile: staged(out),
      absWorkingDir: root,
      metafile: true,
    });
    return { program: path.relative("dist", out), inputs: Object.keys(metafile.inputs) };
  }),
);
await writeFile(staged("dist/THIRD-PARTY-LICENSES.txt"), await thirdPartyNotices(root, bundles));
// One source for what the runtime is asked for: wrangler.toml, for Cloudflare and for workerd alike.
const wrangler = await readFile(at("wrangler.toml"), "utf8");
const setting = (name, value) => {
  const match = new RegExp(`^${name} = (${value})$`, "m").exec(wrangler);
  if (match === null) throw new Error(`wrangler.toml: ${name} was not found`);
  return JSON.parse(match[1]);
};
await writeFile(
  staged("dist/relay/runtime.json"),
  JSON.stringify({
    compatibility_date: setting("compatibility_date", '".*"'),
    compatibility_flags: setting("compatibility_flags", "\\[.*\\]"),
  }),
);
await mkdir(staged("dist/bin"), { recursive: true });
await writeFile(staged("dist/package.json"), '{ "type": "commonjs" }\n');
await Promise.all(
  LAUNCHERS.map(async ([name, target]) => {
    await writeFile(staged(`dist/bin/${name}`), `#!/usr/bin/env node\nrequire(${JSON.stringify(target)});\n`);
    await chmod(staged(`dist/bin/${name}`), 0o755);
  }),
);
for (const entry of await readdir(stage, { recursive: true, withFileTypes: true })) {
  if (!entry.isFile()) continue;
  const file = path.join(entry.parentPath, entry.name);
  const place = at("dist", path.relative(stage, file));
  await mkdir(path.dirname(place), { recursive: true });
  await rename(file, place);
}
