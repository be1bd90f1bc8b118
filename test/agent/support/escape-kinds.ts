// Files that are none, that have another name elsewhere, and folders that are allowed by mistake.
import { execFileSync } from "node:child_process";
import { closeSync, linkSync, mkdirSync, openSync, symlinkSync } from "node:fs";
import { createServer } from "node:net";
import path from "node:path";
import { onTestFinished } from "vitest";
import { INSIDE, NFC, NFD, NO, SECRET, type Case } from "./escape-layout.ts";

export const KINDS: readonly Case[] = [
  {
    what: "a hard link to a file outside",
    answer: NO,
    path: (at) => {
      linkSync(at.secret, path.join(at.root, "hard.txt"));
      return path.join(at.root, "hard.txt");
    },
  },
  {
    what: "a file with a second name inside, for nobody knows where the other one is",
    answer: NO,
    path: (at) => {
      linkSync(at.inside, path.join(at.root, "second.txt"));
      return at.inside;
    },
  },
  {
    what: "a FIFO that nobody writes to",
    answer: NO,
    path: (at) => {
      execFileSync("mkfifo", [path.join(at.root, "fifo")]);
      return path.join(at.root, "fifo");
    },
  },
  {
    what: "a socket",
    answer: NO,
    path: (at) => {
      const server = createServer().listen(path.join(at.root, "socket"));
      onTestFinished(() => void server.close());
      return path.join(at.root, "socket");
    },
  },
  { what: "a device", answer: NO, path: () => "/dev/zero", roots: () => ["/dev"] },
  { what: "a terminal", answer: NO, path: () => "/dev/tty", roots: () => ["/dev"] },
  { what: "a link to a device", answer: NO, path: (at) => at.link("/dev/zero", "zero") },
  { what: "the standard input", answer: NO, path: () => "/dev/stdin" },
  {
    what: "a link to a descriptor of ours",
    answer: NO,
    path: (at) => {
      const fd = openSync(at.secret, "r");
      onTestFinished(() => closeSync(fd));
      return at.link(`/dev/fd/${fd}`, "fd");
    },
  },
  { what: "the memory of this process", answer: NO, path: () => "/proc/self/mem" },

  { what: "a root that is the beginning of another", answer: NO, path: (at) => `${at.root}-old/secret.txt` },
  { what: "the root's name with more letters", answer: NO, path: (at) => `${at.root}x` },
  {
    what: "a root with a slash at its end",
    answer: "served",
    path: (at) => at.inside,
    roots: ({ root }) => [`${root}/`],
  },
  {
    what: "a root with a slash, and its twin beside it",
    answer: NO,
    path: (at) => `${at.root}-old/secret.txt`,
    roots: ({ root }) => [`${root}/`],
  },
  {
    what: "a root that is a link",
    answer: "served",
    path: (at) => {
      symlinkSync(at.root, path.join(at.folder, "linked"));
      return path.join(at.folder, "linked", "ab", "01", "photo.txt");
    },
    roots: ({ folder }) => [path.join(folder, "linked")],
  },
  {
    what: "the real path of a file below a root that is a link",
    answer: "served",
    path: (at) => {
      symlinkSync(at.root, path.join(at.folder, "linked"));
      return at.inside;
    },
    roots: ({ folder }) => [path.join(folder, "linked")],
  },
  {
    what: "a link out, below a root that is a link",
    answer: NO,
    path: (at) => {
      symlinkSync(at.root, path.join(at.folder, "linked"));
      at.link(at.secret, "out.txt");
      return path.join(at.folder, "linked", "out.txt");
    },
    roots: ({ folder }) => [path.join(folder, "linked")],
  },
  {
    what: "a file beside what a linked root leads to",
    answer: NO,
    path: (at) => {
      symlinkSync(path.join(at.root, "ab"), path.join(at.folder, "linked"));
      return at.file(path.join(at.root, "beside.txt"), SECRET);
    },
    roots: ({ folder }) => [path.join(folder, "linked")],
  },
  { what: "a root that is not there", answer: NO, path: (at) => at.secret, roots: () => ["/nowhere/at/all"] },
  { what: "no root at all", answer: NO, path: (at) => at.inside, roots: () => [] },
  {
    what: "a root that is a file",
    answer: NO,
    path: (at) => path.join(at.folder, "secret.txt"),
    roots: ({ folder }) => [path.join(folder, "secret.txt")],
  },
  { what: "a relative root", answer: NO, path: () => "/etc/passwd", roots: () => ["etc", ".", ""] },
  {
    what: "a root with a step upwards",
    answer: NO,
    path: (at) => at.secret,
    roots: ({ root }) => [`${root}/../outside`],
  },
  {
    what: "a root for any one name",
    answer: "served",
    path: (at) => at.inside,
    roots: ({ folder }) => [`${folder}/*/ab`],
  },
  {
    what: "a root for any one name, and two names",
    answer: NO,
    path: (at) => at.file(path.join(at.folder, "one", "two", "ab", "secret.txt"), SECRET),
    roots: ({ folder }) => [`${folder}/*/ab`],
  },
  {
    what: "a root for any one name, and none",
    answer: NO,
    path: (at) => at.file(path.join(at.folder, "ab", "secret.txt"), SECRET),
    roots: ({ folder }) => [`${folder}/*/ab`],
  },
  {
    what: "a star within a name, which stands for itself",
    answer: NO,
    path: (at) => at.secret,
    roots: ({ folder }) => [`${folder}/out*`, `${folder}/**`],
  },
  {
    what: "a folder really called *, which allows no other",
    answer: NO,
    path: (at) => at.file(path.join(at.folder, "x", "sub", "secret.txt"), SECRET),
    roots: ({ folder }) => {
      mkdirSync(path.join(folder, "*", "sub"), { recursive: true });
      symlinkSync(path.join(folder, "*"), path.join(folder, "starred"));
      return [path.join(folder, "starred", "sub")];
    },
  },
  {
    what: "a link out where a root has any one name",
    answer: NO,
    path: (at) => {
      mkdirSync(path.join(at.folder, "users", "eve"), { recursive: true });
      symlinkSync(at.outside, path.join(at.folder, "users", "eve", "Attachments"));
      return path.join(at.folder, "users", "eve", "Attachments", "secret.txt");
    },
    roots: ({ folder }) => [`${folder}/users/*/Attachments`],
  },
  {
    what: "the twin of the root's name, composed in another way",
    answer: NO,
    path: (at) => {
      at.file(path.join(at.folder, NFC, "photo.txt"), INSIDE);
      return at.file(path.join(at.folder, NFD, "photo.txt"), SECRET);
    },
    roots: ({ folder }) => [path.join(folder, NFC)],
  },
  {
    what: "the twin the other way round",
    answer: NO,
    path: (at) => {
      at.file(path.join(at.folder, NFD, "photo.txt"), INSIDE);
      return at.file(path.join(at.folder, NFC, "photo.txt"), SECRET);
    },
    roots: ({ folder }) => [path.join(folder, NFD)],
  },
  {
    what: "the root's own name, whichever way it is composed",
    answer: "served",
    path: (at) => at.file(path.join(at.folder, NFD, "Fo\u0308n.txt"), INSIDE),
    roots: ({ folder }) => [path.join(folder, NFD)],
  },
];
