// The Mac of this machine: its own imsg where there is one, else the demo Mac.
import { accessSync, constants, statSync } from "node:fs";
import path from "node:path";
import * as z from "zod";
import { run } from "./child.ts";
import type { Layout } from "./layout.ts";
import { readPrivate, writePrivate } from "./private-folder.ts";

export const DEMO = "demo";

/** The first program of that name on PATH. */
export function findOnPath(name: string, env: NodeJS.ProcessEnv): string | undefined {
  return (env["PATH"] ?? "")
    .split(path.delimiter)
    .filter((folder) => path.isAbsolute(folder))
    .map((folder) => path.join(folder, name))
    .find(isExecutable);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

const demoSchema = z.looseObject({ db_path: z.string() });

/** Makes the demo Mac where there is none yet; returns its database. */
export async function demoMac(layout: Layout, folder: string): Promise<string> {
  const done = await run({ command: process.execPath, args: [layout.sim, "demo", folder], env: process.env });
  if (done.code !== 0)
    throw new Error(`The demo Mac could not be made: ${done.err.trim() || done.out.trim()}`);
  return demoSchema.parse(JSON.parse(done.out)).db_path;
}

/** The demo Mac's owner is the launcher. */
export const writeAgentConfig = (file: string, settings: Readonly<Record<string, unknown>>): void =>
  writePrivate(file, `${JSON.stringify(settings, null, 2)}\n`);

/**
 * Names the imsg that was found in a file as enrolment leaves it, where every setting is still a comment. A file that
 * its owner has written is not touched.
 */
export function nameImsg(file: string, imsg: string): void {
  const text = readPrivate(file);
  if (text === undefined) return writeAgentConfig(file, { cliPath: imsg });
  if (/^\s*"/m.test(text)) return undefined;
  const line = `  "cliPath": ${JSON.stringify(imsg)}\n`;
  return writePrivate(file, text.replace(/\}\s*$/, `${line}}\n`));
}

/** Where the agent of that home looks for it. */
/** Where the simulated Messages keeps the files of its messages: beside its database. */
export const attachmentsOf = (dbPath: string): string => path.join(path.dirname(dbPath), "Attachments");

export const agentConfigOf = (home: string): string => path.join(home, "agent", "default", "agent.jsonc");
