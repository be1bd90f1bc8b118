// Changes between the moment a path is checked and the moment it is used, on a real file system.
import { execFileSync, spawn } from "node:child_process";
import {
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
} from "node:fs";
import { realpath } from "node:fs/promises";
import path from "node:path";
import { afterAll, expect, it, onTestFinished } from "vitest";
import type { FileSteps } from "../../../agent/node/attachment-file.ts";
import { HOME, Layout, NO, said, type Answer } from "../support/escape-layout.ts";
import { macOf, type TransferMac } from "../support/transfer-mac.ts";

afterAll(() => rmSync(HOME, { recursive: true, force: true }));

type Step = "realpath" | "chdir" | "cwd" | "lstat" | "open" | "opened";
interface Race {
  readonly what: string;
  readonly answer: Answer;
  /** Done right before a step; `opened` is right after the opening. */
  readonly changes: Partial<Record<Step, (at: Layout) => void>>;
}

/** The folder of the file inside becomes a link to the one outside, and back. */
const away = ({ inside, secret }: Layout): void => {
  renameSync(path.dirname(inside), `${path.dirname(inside)}.kept`);
  symlinkSync(path.dirname(secret), path.dirname(inside));
};
const back = ({ inside }: Layout): void => {
  unlinkSync(path.dirname(inside));
  renameSync(`${path.dirname(inside)}.kept`, path.dirname(inside));
};
const replaced =
  (by: (at: Layout) => void) =>
  (at: Layout): void => {
    unlinkSync(at.inside);
    by(at);
  };

const RACES: readonly Race[] = [
  { what: "its folder becomes a link before anything was asked", answer: NO, changes: { realpath: away } },
  { what: "its folder becomes a link after the check", answer: NO, changes: { chdir: away } },
  {
    what: "its folder is a link only while it is entered",
    answer: NO,
    changes: { chdir: away, cwd: back },
  },
  {
    what: "its folder is moved elsewhere inside once it was entered",
    answer: "served",
    changes: {
      cwd: ({ inside, folder }) => renameSync(path.dirname(inside), path.join(folder, "Attachments", "x")),
    },
  },
  { what: "its folder becomes a link once it was found good", answer: "served", changes: { lstat: away } },
  { what: "its folder becomes a link right before it is opened", answer: "served", changes: { open: away } },
  {
    what: "its folder is a link only while it is opened",
    answer: "served",
    changes: { open: away, opened: back },
  },
  {
    what: "its folder is moved outside once it was entered",
    answer: NO,
    changes: { cwd: ({ inside, outside }) => renameSync(path.dirname(inside), path.join(outside, "moved")) },
  },
  {
    what: "it becomes a link before the first look",
    answer: NO,
    changes: { lstat: replaced(({ secret, inside }) => symlinkSync(secret, inside)) },
  },
  {
    what: "it becomes a link after the look",
    answer: NO,
    changes: { open: replaced(({ secret, inside }) => symlinkSync(secret, inside)) },
  },
  {
    what: "it becomes a second name of a file outside after the look",
    answer: NO,
    changes: { open: replaced(({ secret, inside }) => linkSync(secret, inside)) },
  },
  {
    what: "it becomes a FIFO after the look",
    answer: NO,
    changes: { open: replaced(({ inside }) => execFileSync("mkfifo", [inside])) },
  },
  {
    what: "it becomes a folder after the look",
    answer: NO,
    changes: { open: replaced(({ inside }) => mkdirSync(inside)) },
  },
  {
    what: "the root becomes a link after the check",
    answer: NO,
    changes: {
      chdir: ({ root, folder, outside }) => {
        renameSync(root, path.join(folder, "moved"));
        mkdirSync(path.join(outside, "ab"));
        renameSync(path.join(outside, "01"), path.join(outside, "ab", "01"));
        symlinkSync(outside, root);
      },
    },
  },
  {
    what: "its folder is gone after the check",
    answer: "missing",
    changes: { chdir: ({ root }) => rmSync(root, { recursive: true }) },
  },
  {
    what: "it is gone after the look",
    answer: "missing",
    changes: { open: ({ inside }) => unlinkSync(inside) },
  },
  {
    what: "it is gone once it is open",
    answer: "missing",
    changes: { opened: ({ inside }) => unlinkSync(inside) },
  },
  {
    what: "another file is in its place once it is open: the one that was opened counts",
    answer: "missing",
    changes: { opened: replaced((at) => void at.file(at.inside, "another one")) },
  },
];

for (const { what, answer, changes } of RACES) {
  it(`I1: ${what}: ${answer}`, async () => {
    let layout: Layout | undefined;
    const before = (step: Step): void => {
      if (layout !== undefined) changes[step]?.(layout);
    };
    const steps = ({ root }: TransferMac): FileSteps => ({
      realpath: async (of) => {
        if (of !== root) before("realpath");
        return await realpath(of);
      },
      chdir: (folder) => {
        before("chdir");
        process.chdir(folder);
        before("cwd");
      },
      cwd: () => process.cwd(),
      lstat: (name) => {
        before("lstat");
        return lstatSync(name);
      },
      open: (name, flags) => {
        before("open");
        const fd = openSync(name, flags);
        before("opened");
        return fd;
      },
    });
    const home = process.cwd();
    const mac = await macOf({ steps });
    layout = new Layout(mac);
    const word = await mac.ended(mac.read(layout.inside));
    expect(said(mac)).not.toContain("SECRET");
    expect(word?.state === "failed" ? word.error.code : "served").toBe(answer);
    expect(process.cwd()).toBe(home);
  });
}

it("I1: another process that swaps the folder as fast as it can gets nothing out", async () => {
  const mac = await macOf();
  const { inside, secret } = new Layout(mac);
  const folder = path.dirname(inside);
  const other = path.join(mac.folder, "link-to-outside");
  symlinkSync(path.dirname(secret), other);
  // Each swap is two renames; in between there is nothing at that place.
  const program = `
    const { renameSync } = require("node:fs");
    const [folder, other, kept] = process.argv.slice(1);
    process.stdout.write("swapping");
    for (;;) {
      renameSync(folder, kept); renameSync(other, folder);
      renameSync(folder, other); renameSync(kept, folder);
    }`;
  const swapper = spawn(process.execPath, ["-e", program, folder, other, `${folder}.kept`], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(() => void swapper.kill("SIGKILL"));
  await new Promise((resolve) => swapper.stdout.once("data", resolve));
  const answers = new Set<string>();
  const until = Date.now() + 1_500;
  while (Date.now() < until) {
    const word = await mac.ended(mac.read(inside));
    answers.add(word?.state === "failed" ? word.error.code : "served");
  }
  expect(said(mac)).not.toContain("SECRET");
  // Otherwise nothing was tried.
  expect(answers.size).toBeGreaterThan(1);
});
