import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { build, type BuildOptions, type Metafile } from "esbuild";

const gateway = path.resolve(import.meta.dirname, "../../../gateway");

/** As host/build.mjs bundles a Node program. */
const NODE = {
  bundle: true,
  platform: "node",
  format: "cjs",
  target: "node20",
  minify: true,
  keepNames: true,
  legalComments: "none",
  metafile: true,
  logLevel: "warning",
} satisfies BuildOptions;
const EXTERNAL = ["bufferutil", "utf-8-validate", "./main.cjs", "./commands.cjs"];

export interface Bundle {
  /** The file that a gateway names as `cliPath`. */
  readonly launcher: string;
  readonly files: readonly string[];
  readonly entry: Metafile;
  readonly main: Metafile;
  remove(): Promise<void>;
}

/** The program as it is shipped, in a folder of its own. */
export async function bundle(): Promise<Bundle> {
  const folder = await mkdtemp(path.join(tmpdir(), "gateway-bundle-"));
  const at = (...parts: string[]): string => path.join(folder, ...parts);
  const built = async (name: string): Promise<Metafile> => {
    const { metafile } = await build({
      ...NODE,
      external: EXTERNAL,
      entryPoints: [path.join(gateway, `${name}.ts`)],
      outfile: at(`gateway/${name}.cjs`),
    });
    return metafile;
  };
  const [entry, main] = await Promise.all([built("entry"), built("main"), built("commands")]);
  await mkdir(at("bin"));
  await writeFile(at("package.json"), '{ "type": "commonjs" }\n');
  await writeFile(at("bin/imsg-relay"), '#!/usr/bin/env node\nrequire("../gateway/entry.cjs");\n');
  await chmod(at("bin/imsg-relay"), 0o755);
  return {
    launcher: at("bin/imsg-relay"),
    files: ["entry", "main", "commands"].map((name) => at(`gateway/${name}.cjs`)),
    entry,
    main,
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}
