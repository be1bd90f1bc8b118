// A Worker of the tests', bundled as its author would, in a runtime of its own.
import { build } from "esbuild";
import { Miniflare } from "miniflare";

/** Resolves when it can be asked; whoever asks for it disposes of it. */
export async function bundledWorker(
  entry: string,
  bindings: Readonly<Record<string, string>> = {},
): Promise<Miniflare> {
  const { outputFiles } = await build({
    entryPoints: [entry],
    bundle: true,
    write: false,
    format: "esm",
    platform: "browser",
    conditions: ["workerd", "worker", "browser"],
    logLevel: "warning",
  });
  const worker = new Miniflare({
    modules: true,
    script: outputFiles[0]?.text ?? "",
    compatibilityDate: "2026-04-01",
    bindings,
  });
  await worker.ready;
  return worker;
}
