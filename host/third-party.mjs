// The licences of what is bundled: a bundle carries other people's code, and their licences ask that their notices go
// with it. What a bundle holds is what esbuild says that it read, not what package.json names.
import { readdir, readFile } from "node:fs/promises";
import path from "node:path";

const PACKAGE = /^(?<folder>(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+)\//;
const NOTICE = /^(?:licen[cs]e|notice|copying)/i;
const RULE = "-".repeat(80);

/** `[{ program, inputs }]`, the files that went into each bundle, from `root` on: a text that goes beside them. */
export async function thirdPartyNotices(root, bundles) {
  const users = new Map();
  for (const { program, inputs } of bundles)
    for (const input of inputs) {
      const folder = PACKAGE.exec(input)?.groups.folder;
      if (folder !== undefined) users.set(folder, (users.get(folder) ?? new Set()).add(program));
    }
  const parts = await Promise.all(
    [...users].map(async ([folder, programs]) => {
      const { name, version, license, author, repository } = JSON.parse(
        await readFile(path.join(root, folder, "package.json"), "utf8"),
      );
      const files = (await readdir(path.join(root, folder))).filter((file) => NOTICE.test(file)).toSorted();
      if (typeof license !== "string") throw new Error(`${name} ${version} is bundled, and names no licence`);
      const notices = await Promise.all(files.map((file) => readFile(path.join(root, folder, file), "utf8")));
      if (notices.length === 0)
        notices.push(`The package carries no text of it. By ${author?.name ?? author}, ${repository?.url}`);
      const head = `${name} ${version} (${license}), in ${[...programs].join(", ")}`;
      return [head, ...notices.map((text) => text.trim())].join("\n\n");
    }),
  );
  return `${parts.toSorted().join(`\n\n${RULE}\n\n`)}\n`;
}
