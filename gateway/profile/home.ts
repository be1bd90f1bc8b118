import { homedir } from "node:os";
import path from "node:path";

/** Where one profile keeps its file and its caches. */
export interface Home {
  readonly folder: string;
  readonly file: string;
  readonly profile: string | undefined;
}

const PROFILE = /^[0-9A-Za-z][0-9A-Za-z_.-]{0,63}$/;

/** Undefined for a name that could lead out of the folder. */
export function findHome(env: NodeJS.ProcessEnv, profile: string | undefined): Home | undefined {
  const base = env["IMSG_RELAY_HOME"] || path.join(homedir(), ".imsg-relay");
  if (profile !== undefined && !PROFILE.test(profile)) return undefined;
  const folder = profile === undefined ? path.resolve(base) : path.resolve(base, "profiles", profile);
  return { folder, file: path.join(folder, "gateway.json"), profile };
}
