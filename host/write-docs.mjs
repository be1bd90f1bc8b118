// Writes the generated pages of docs/. Plain JavaScript, which makes TypeScript runnable on Node 20 (as build.mjs).
import { writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const at = (name) => fileURLToPath(new URL(`../${name}`, import.meta.url));
const { outputFiles } = await build({
  entryPoints: [at("host/configuration-page.ts")],
  bundle: true,
  write: false,
  platform: "node",
  format: "esm",
  target: "node20",
  logLevel: "warning",
});
const source = Buffer.from(outputFiles[0].contents).toString("base64");
const { configurationPage } = await import(`data:text/javascript;base64,${source}`);
await writeFile(at("docs/configuration.md"), configurationPage());
