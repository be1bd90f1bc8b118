// Files inside and outside the folder that attachments may be read from, as the tests of escapes lay them out.
import { mkdirSync, mkdtempSync, realpathSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { LONG_AGO, type TransferMac } from "./transfer-mac.ts";

export const INSIDE = "what may be read";
export const SECRET = "SECRET: what must never leave the Mac";
/** Where `~` leads. */
export const HOME = realpathSync(mkdtempSync(path.join(tmpdir(), "transfers-home-")));
export const NFC = "Anh\u00E4nge";
export const NFD = "Anha\u0308nge";

/** The files of one case, all old. `root` = Attachments. */
export class Layout {
  readonly folder: string;
  readonly root: string;
  readonly outside: string;
  /** A file inside, two folders deep. */
  readonly inside: string;
  /** A file outside. */
  readonly secret: string;

  constructor({ folder, root }: TransferMac) {
    this.folder = folder;
    this.root = root;
    this.outside = path.join(folder, "outside");
    this.inside = this.file(path.join(root, "ab", "01", "photo.txt"), INSIDE);
    this.secret = this.file(path.join(this.outside, "01", "photo.txt"), SECRET);
    this.file(path.join(this.outside, "secret.txt"), SECRET);
    this.file(path.join(`${root}-old`, "secret.txt"), SECRET);
    this.file(path.join(folder, "secret.txt"), SECRET);
    this.file(path.join(HOME, "secret.txt"), SECRET);
    this.file(path.join(HOME, "Library", "Messages", "Attachments", "home.txt"), INSIDE);
  }

  file(at: string, content: string): string {
    mkdirSync(path.dirname(at), { recursive: true });
    writeFileSync(at, content);
    utimesSync(at, LONG_AGO, LONG_AGO);
    return at;
  }

  link(target: string, ...names: string[]): string {
    const at = path.join(this.root, ...names);
    mkdirSync(path.dirname(at), { recursive: true });
    symlinkSync(target, at);
    return at;
  }
}

export type Answer = "served" | "missing" | "forbidden_by_mac" | "too_large";
export interface Case {
  readonly what: string;
  readonly answer: Answer;
  /** Makes what it needs, and says what is asked for. */
  readonly path: (at: Layout) => string;
  readonly roots?: (mac: TransferMac) => readonly string[];
}

export const NO = "forbidden_by_mac";

/** Everything that left: over HTTP, and over the link. */
export const said = (mac: TransferMac): string =>
  mac.relay.bytes.toString("utf8") + JSON.stringify(mac.words);
