// Whether the Node that runs this will still be there, and still be allowed what it is, after its next upgrade: macOS
// keeps Full Disk Access and Automation by a program's path and signature.

const MANAGERS: readonly (readonly [manager: string, pattern: RegExp])[] = [
  ["Homebrew", /\/Cellar\/node(?:@\d+)?\/[^/]+\//],
  ["nvm", /\/\.?nvm\/versions\/node\/v[^/]+\//],
  ["fnm", /\/fnm\/node-versions\/v[^/]+\/|\/fnm_multishells\//],
  ["Volta", /\/\.volta\/tools\/image\/node\/[^/]+\//],
  ["asdf", /\/\.asdf\/installs\/nodejs\/[^/]+\//],
  ["mise", /\/mise\/installs\/node\/[^/]+\//],
  ["nodenv", /\/\.nodenv\/versions\/[^/]+\//],
  ["n", /\/n\/versions\/node\/[^/]+\//],
];

/** Who keeps it in a folder of its version; null = a place that stays the same. */
export const managerOf = (realPath: string): string | null =>
  MANAGERS.find(([, pattern]) => pattern.test(realPath))?.[0] ?? null;

/** Homebrew's own name for what is in the Cellar: after an upgrade it leads to the new one. */
export function homebrewLink(realPath: string): string | undefined {
  const parts = /^(.*)\/Cellar\/(node(?:@\d+)?)\/[^/]+\/bin\/node$/.exec(realPath);
  return parts === null ? undefined : `${parts[1]}/opt/${parts[2]}/bin/node`;
}

/** npm removes what `npx` runs when it likes. */
export const isPassing = (program: string): boolean =>
  /\/_npx\/|^\/(?:private\/)?(?:tmp|var\/folders)\//.test(program);
