// What the programs are made of: whose code is in them, under which licence, and that none of it asks to be run when
// it is installed.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import * as z from "zod";

const root = path.resolve(import.meta.dirname, "../..");
const read = (file: string): string => readFileSync(path.join(root, file), "utf8");
const npm = (...args: readonly string[]): unknown =>
  JSON.parse(execFileSync("npm", args, { cwd: root, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }));

/** Those that ask for no more than that their notice goes along. */
const PERMISSIVE = new Set(["MIT", "ISC", "0BSD", "BSD-2-Clause", "BSD-3-Clause", "Apache-2.0"]);

const packageSchema = z.looseObject({
  scripts: z.record(z.string(), z.string()),
  allowScripts: z.record(z.string(), z.boolean()),
});
const lockSchema = z.looseObject({
  packages: z.record(z.string(), z.looseObject({ hasInstallScript: z.boolean().optional() })),
});
const sbomSchema = z.looseObject({
  components: z.array(
    z.looseObject({
      name: z.string(),
      version: z.string(),
      licenses: z.array(z.looseObject({ license: z.looseObject({ id: z.string() }).optional() })).optional(),
    }),
  ),
});
const packedSchema = z.tuple([z.looseObject({ files: z.array(z.looseObject({ path: z.string() })) })]);

/** `name version (licence), in the bundles that hold it`: the head of each notice. */
const bundled = [
  ...read("dist/THIRD-PARTY-LICENSES.txt").matchAll(
    /^(?<name>\S+) (?<version>\d\S+) \((?<licence>[^)]+)\), in (?<programs>.+)$/gm,
  ),
].map(({ groups }) => z.record(z.string(), z.string()).parse(groups));

test("what is bundled is free to be handed on, and its notices go along", () => {
  expect(bundled.map(({ name }) => name)).toEqual(expect.arrayContaining(["hono", "ws", "zod"]));
  for (const { licence } of bundled) expect(PERMISSIVE).toContain(licence);
  expect(read("dist/THIRD-PARTY-LICENSES.txt")).toContain("Copyright");
  expect(bundled.filter(({ programs }) => programs?.includes("agent/agent.cjs")).length).toBeLessThan(12);
});

test("npm sbom names every package that is bundled, in the same version and under the same licence", () => {
  const { components } = sbomSchema.parse(npm("sbom", "--sbom-format", "cyclonedx"));
  for (const { name, version, licence } of bundled)
    expect(components).toContainEqual(
      expect.objectContaining({ name, version, licenses: [{ license: { id: licence } }] }),
    );
});

test("no package runs a script when it is installed, ours neither", () => {
  const { scripts, allowScripts } = packageSchema.parse(JSON.parse(read("package.json")));
  const wanting = Object.entries(lockSchema.parse(JSON.parse(read("package-lock.json"))).packages)
    .filter(([, { hasInstallScript }]) => hasInstallScript === true)
    .map(([place]) => place.replace(/^.*node_modules\//, ""));
  expect(wanting).not.toEqual([]);
  for (const name of wanting) expect(allowScripts[name]).toBe(false);
  for (const own of ["preinstall", "install", "postinstall", "prepare"])
    expect(scripts).not.toHaveProperty(own);
  // The machines that test this have never run one.
  expect(read(".ci/run")).toMatch(/^npm ci .*--ignore-scripts$/m);
});

test("what is packed needs nothing beside it, and carries the licences", () => {
  const [{ files }] = packedSchema.parse(npm("pack", "--dry-run", "--json", "--ignore-scripts"));
  expect(files.map((file) => file.path)).toEqual(
    expect.arrayContaining(["LICENSE", "dist/THIRD-PARTY-LICENSES.txt", "dist/agent/agent.cjs"]),
  );
  const manifest: unknown = JSON.parse(read("package.json"));
  expect(manifest).not.toHaveProperty("dependencies");
  expect(manifest).not.toHaveProperty("optionalDependencies");
});
