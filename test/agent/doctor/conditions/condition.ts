// A condition that a Mac can be in: how it is made, and what the doctor must say of it.
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { CheckId } from "../../../../agent/doctor/check-ids.ts";
import type { Verdict } from "../../../../agent/doctor/verdict.ts";
import type { FakeMac } from "../support/fake-mac.ts";

export interface Condition {
  readonly is: string;
  readonly make: (mac: FakeMac) => void;
  readonly id: CheckId;
  readonly state: Verdict["state"];
  /** In the summary, or in its reason why. */
  readonly says: string;
  readonly remedy?: readonly string[];
}

export const stopped = (one: FakeMac): void => rmSync(one.files.status);
export const eperm = (one: FakeMac): void => {
  const { dbPath } = one.messages;
  // Only macOS refuses in this way, so its answer is put in its place.
  one.look = {
    head: (file) => (file === dbPath ? { ok: false, code: "EPERM" } : { ok: true, bytes: new Uint8Array() }),
  };
};
export const CELLAR = "opt/homebrew/Cellar/node/22.1.0/bin";
/** A Node as Homebrew keeps it. */
export const brewed = (one: FakeMac): string => {
  const folder = path.join(one.home, CELLAR);
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, "node"), "");
  return path.join(folder, "node");
};
