// Reads every import of the five folders: which way they run, and that they run one way.
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";

const ROOT = path.resolve(import.meta.dirname, "../..");
const FOLDERS = ["shared", "relay", "agent", "gateway", "host"] as const;
type Folder = (typeof FOLDERS)[number];

/** Folders a folder may import, besides itself. host/ starts built files and imports none of the three. */
const MAY: Record<Folder, readonly string[]> = {
  shared: [],
  relay: ["shared"],
  agent: ["shared"],
  gateway: ["shared"],
  host: ["shared"],
};

const SOURCE = /\.(ts|mts|mjs|js)$/;
const GENERATED = "relay/worker-configuration.d.ts";

const filesOf = (folder: Folder): string[] =>
  readdirSync(path.join(ROOT, folder), { recursive: true, encoding: "utf8" })
    .map((name) => path.posix.join(folder, name.split(path.sep).join("/")))
    .filter((name) => SOURCE.test(name) && name !== GENERATED);

/** `import … from "x"`, `export … from "x"`, `import "x"`, `import("x")`, `require("x")`, `/// <reference path="x"`. */
const IMPORTS = [
  /^\s*(?:import|export)\b[^;"'`]*?\bfrom\s*["']([^"']+)["']/gm,
  /^\s*import\s*["']([^"']+)["']/gm,
  /\b(?:import|require)\(\s*["'`]([^"'`]+)["'`]/g,
  /^\/\/\/\s*<reference\s+path=["']([^"']+)["']/gm,
];

export const importsIn = (source: string): string[] =>
  IMPORTS.flatMap((pattern) => [...source.matchAll(pattern)].map((match) => match[1] ?? ""));

const isRelative = (name: string): boolean => name.startsWith(".");

const graph = new Map<string, string[]>(
  FOLDERS.flatMap(filesOf).map((file) => [file, importsIn(readFileSync(path.join(ROOT, file), "utf8"))]),
);
/** A file's import by its path in the repository; a bundle beside it (`./main.cjs`) is the source it is built of. */
const target = (file: string, name: string): string =>
  path.posix.join(path.posix.dirname(file), name).replace(/\.cjs$/, ".ts");
const relativeOf = (file: string): string[] =>
  (graph.get(file) ?? []).filter(isRelative).map((name) => target(file, name));

/** The first circle that leads back to where it began. */
function circle(edges: ReadonlyMap<string, readonly string[]>): string[] | undefined {
  const done = new Set<string>();
  const visit = (at: string, trail: readonly string[]): string[] | undefined => {
    if (trail.includes(at)) return [...trail.slice(trail.indexOf(at)), at];
    if (done.has(at)) return undefined;
    for (const next of edges.get(at) ?? []) {
      const found = visit(next, [...trail, at]);
      if (found !== undefined) return found;
    }
    done.add(at);
    return undefined;
  };
  for (const start of edges.keys()) {
    const found = visit(start, []);
    if (found !== undefined) return found;
  }
  return undefined;
}

describe("how imports are read", () => {
  it("sees every form, over lines too", () => {
    const source = [
      'import a from "./a.ts";',
      "import {",
      "  b,",
      '} from "./b.ts";',
      'export * from "./c.ts";',
      'import "./d.ts";',
      'const e = await import("./e.ts");',
      'import type { F } from "./f.ts";',
      'const g = require("./g.cjs");',
      'type H = import("./h.ts").H;',
    ].join("\n");
    expect(importsIn(source).sort()).toEqual([
      "./a.ts",
      "./b.ts",
      "./c.ts",
      "./d.ts",
      "./e.ts",
      "./f.ts",
      "./g.cjs",
      "./h.ts",
    ]);
  });

  it("finds a circle, and no other", () => {
    expect(
      circle(
        new Map([
          ["a", ["b"]],
          ["b", ["c"]],
          ["c", ["a"]],
        ]),
      ),
    ).toEqual(["a", "b", "c", "a"]);
    expect(
      circle(
        new Map([
          ["a", ["b", "c"]],
          ["b", ["c"]],
          ["c", []],
        ]),
      ),
    ).toBeUndefined();
  });
});

describe.each(FOLDERS)("%s/", (folder) => {
  const files = filesOf(folder);

  it("has files, whose relative imports lead to files", () => {
    expect(files.length).toBeGreaterThan(0);
    const lost = files.flatMap((file) =>
      relativeOf(file)
        .filter((to) => !graph.has(to) && !to.endsWith(".json") && to !== GENERATED)
        .map((to) => `${file} → ${to}`),
    );
    expect(lost).toEqual([]);
  });

  it("imports only the folders it may (DESIGN §2)", () => {
    const wrong = files.flatMap((file) =>
      relativeOf(file)
        .filter((to) => ![folder, ...MAY[folder]].includes(to.split("/")[0] ?? "") && to !== "package.json")
        .map((to) => `${file} → ${to}`),
    );
    expect(wrong).toEqual([]);
  });

  it("has no circle", () => {
    const edges = new Map(
      files.map((file) => [file, relativeOf(file).filter((to) => to.startsWith(`${folder}/`))]),
    );
    expect(circle(edges)).toBeUndefined();
  });
});

describe("packages", () => {
  const packagesOf = (folder: Folder): Set<string> =>
    new Set(
      filesOf(folder)
        .flatMap((file) => graph.get(file) ?? [])
        .filter((name) => !isRelative(name)),
    );

  it("shared/ imports zod and nothing else: no Node, no workerd", () => {
    expect([...packagesOf("shared")]).toEqual(["zod"]);
  });

  it("relay/ imports what runs in workerd", () => {
    expect(
      [...packagesOf("relay")].filter(
        (name) => !["zod", "hono", "cloudflare:workers", "node:crypto"].includes(name),
      ),
    ).toEqual([]);
  });

  it("nobody but relay/ imports workerd's modules", () => {
    for (const folder of FOLDERS.filter((name) => name !== "relay"))
      expect([...packagesOf(folder)].filter((name) => name.startsWith("cloudflare:"))).toEqual([]);
  });
});
