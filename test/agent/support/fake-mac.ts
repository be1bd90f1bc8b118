// Programs of macOS that a LaunchAgent needs, as real processes on PATH: a launchctl with a memory, a caffeinate.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import * as z from "zod";

/** What launchctl does, in this order, instead of what it should; each once. */
interface Trouble {
  readonly verb: string;
  readonly code: number;
  readonly says: string;
}

const LAUNCHCTL = `
const fs = require("node:fs");
const path = require("node:path");
const [verb, target, plist] = process.argv.slice(2);
const at = (name) => path.join(__dirname, name);
fs.appendFileSync(at("calls.log"), JSON.stringify(process.argv.slice(2)) + "\\n");
const troubles = JSON.parse(fs.readFileSync(at("troubles.json"), "utf8"));
const next = troubles.findIndex((one) => one.verb === verb);
if (next >= 0) {
  const [{ code, says }] = troubles.splice(next, 1);
  fs.writeFileSync(at("troubles.json"), JSON.stringify(troubles));
  if (says !== "") process.stderr.write(says + "\\n");
  process.exit(code);
}
const loaded = (label) => at("loaded-" + label);
const label = target.split("/")[2];
if (verb === "print" && !fs.existsSync(loaded(label))) {
  process.stderr.write('Bad request.\\nCould not find service "' + label + '" in domain for user gui: 501\\n');
  process.exit(113);
}
if (verb === "print") process.stdout.write(target + " = {\\n\\tstate = running\\n}\\n");
if (verb === "bootout") {
  if (!fs.existsSync(loaded(label))) process.exit(3);
  fs.rmSync(loaded(label));
}
if (verb === "bootstrap") {
  const named = /<key>Label<\\/key>\\s*<string>(.*?)<\\/string>/.exec(fs.readFileSync(plist, "utf8"))[1];
  if (fs.existsSync(loaded(named))) {
    process.stderr.write("Bootstrap failed: 5: Input/output error\\n");
    process.exit(5);
  }
  fs.writeFileSync(loaded(named), plist);
}
`;

const CAFFEINATE = `
const fs = require("node:fs");
const path = require("node:path");
const args = process.argv.slice(2);
const file = path.join(__dirname, "awake-" + process.pid);
fs.writeFileSync(file, JSON.stringify(args));
const end = () => { fs.rmSync(file, { force: true }); process.exit(0); };
process.on("SIGTERM", end);
const waited = Number(args[args.indexOf("-w") + 1]);
setInterval(() => { try { process.kill(waited, 0); } catch { end(); } }, 20);
`;

export class FakeMac {
  readonly folder: string;

  constructor(
    folder: string,
    programs: readonly ("launchctl" | "caffeinate")[] = ["launchctl", "caffeinate"],
  ) {
    this.folder = folder;
    mkdirSync(folder, { recursive: true });
    const texts = { launchctl: LAUNCHCTL, caffeinate: CAFFEINATE };
    for (const name of programs)
      writeFileSync(path.join(folder, name), `#!${process.execPath}\n${texts[name]}`, { mode: 0o755 });
    this.troubles([]);
  }

  get path(): string {
    return `${this.folder}:${process.env["PATH"] ?? ""}`;
  }

  /** What launchctl was asked, oldest first. */
  calls(): string[][] {
    const file = path.join(this.folder, "calls.log");
    if (!existsSync(file)) return [];
    return readFileSync(file, "utf8")
      .trim()
      .split("\n")
      .map((line) => z.array(z.string()).parse(JSON.parse(line)));
  }

  verbs(): string[] {
    return this.calls().map(([verb]) => verb ?? "");
  }

  forgetCalls(): void {
    writeFileSync(path.join(this.folder, "calls.log"), "");
  }

  troubles(troubles: readonly Trouble[]): void {
    writeFileSync(path.join(this.folder, "troubles.json"), JSON.stringify(troubles));
  }

  /** Labels that launchd runs. */
  loaded(): string[] {
    return readdirSync(this.folder)
      .filter((name) => name.startsWith("loaded-"))
      .map((name) => name.slice("loaded-".length));
  }

  /** What every caffeinate that lives was told. */
  awake(): string[][] {
    return readdirSync(this.folder)
      .filter((name) => name.startsWith("awake-"))
      .map((name) =>
        z.array(z.string()).parse(JSON.parse(readFileSync(path.join(this.folder, name), "utf8"))),
      );
  }
}
