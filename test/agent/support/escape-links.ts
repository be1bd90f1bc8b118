// Links that lead out, or back in.
import { symlinkSync } from "node:fs";
import path from "node:path";
import { NO, type Case } from "./escape-layout.ts";

export const LINKS: readonly Case[] = [
  {
    what: "a link to a file outside",
    answer: NO,
    path: (at) => at.link(at.secret, "link.txt"),
  },
  {
    what: "a relative link to a file outside",
    answer: NO,
    path: (at) => at.link("../outside/secret.txt", "link.txt"),
  },
  {
    what: "a link to a file outside, two folders deep",
    answer: NO,
    path: (at) => at.link(at.secret, "ab", "01", "link.txt"),
  },
  {
    what: "a chain of links that ends outside",
    answer: NO,
    path: (at) => at.link(at.link(at.link(at.secret, "three"), "two"), "one.txt"),
  },
  {
    what: "a link as the first folder",
    answer: NO,
    path: (at) => path.join(at.link(at.outside, "cd"), "01", "photo.txt"),
  },
  {
    what: "a link as the second folder",
    answer: NO,
    path: (at) => path.join(at.link(path.dirname(at.secret), "cd", "01"), "photo.txt"),
  },
  {
    what: "a link as the third folder",
    answer: NO,
    path: (at) => path.join(at.link(path.dirname(at.secret), "cd", "01", "02"), "photo.txt"),
  },
  {
    what: "a link to the root of the disk",
    answer: NO,
    path: (at) => path.join(at.link("/", "disk"), at.secret),
  },
  {
    what: "a link upwards",
    answer: NO,
    path: (at) => path.join(at.link("..", "up"), "secret.txt"),
  },
  {
    what: "a link to the folder itself, many times, and out at last",
    answer: NO,
    path: (at) => {
      at.link(at.secret, "out.txt");
      return path.join(at.link(".", "self"), "self/self/self/self/out.txt");
    },
  },
  {
    what: "a link out and another one back in, to a link out",
    answer: NO,
    path: (at) => {
      symlinkSync(at.root, path.join(at.outside, "back"));
      at.link(at.secret, "out.txt");
      return path.join(at.link(at.outside, "away"), "back", "out.txt");
    },
  },
  {
    what: "a link to a folder whose name begins like the root's",
    answer: NO,
    path: (at) => path.join(at.link(`${at.root}-old`, "old"), "secret.txt"),
  },
  {
    what: "a link to a file of the system",
    answer: NO,
    path: (at) => at.link("/etc/passwd", "passwd"),
  },
  {
    what: "a link to the environment of this process",
    answer: NO,
    path: (at) => at.link("/proc/self/environ", "environ"),
  },
  {
    what: "a link whose target is written with steps upwards",
    answer: NO,
    path: (at) => at.link(`${at.root}/ab/../../outside/secret.txt`, "link.txt"),
  },
  {
    what: "a link to a link in a foreign folder, to a file in there",
    answer: NO,
    path: (at) => {
      symlinkSync("secret.txt", path.join(at.outside, "again.txt"));
      return at.link(path.join(at.outside, "again.txt"), "link.txt");
    },
  },
  {
    what: "a link to nothing: nobody learns where it would lead",
    answer: NO,
    path: (at) => at.link("/nowhere/at/all", "gone"),
  },
  { what: "a link to itself", answer: NO, path: (at) => at.link(path.join(at.root, "loop"), "loop") },
  {
    what: "two links in a circle",
    answer: NO,
    path: (at) => at.link(at.link(path.join(at.root, "b"), "a"), "b"),
  },
  { what: "a link to a file inside", answer: "served", path: (at) => at.link(at.inside, "link.txt") },
  {
    what: "a link out and back in, to a file inside",
    answer: "served",
    path: (at) => {
      symlinkSync(path.dirname(at.inside), path.join(at.outside, "back"));
      return path.join(at.link(at.outside, "away"), "back", "photo.txt");
    },
  },
];
