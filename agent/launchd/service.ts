// Puts a LaunchAgent in its place and has launchd run it, or the other way round. Done twice, the second time changes
// nothing: an agent that serves is not restarted for a file that says the same.
import { mkdirSync, rmSync } from "node:fs";
import path from "node:path";
import { LAUNCHCTL_RETRIES, LAUNCHCTL_RETRY_MS, SERVICE_GONE_MS } from "../limits.ts";
import { readText, writePrivate } from "../node/home.ts";
import { err, ok, type Result } from "../../shared/result.ts";
import { isWithoutSession, type Launchctl } from "./launchctl.ts";

export interface ServicePlace {
  readonly label: string;
  readonly plist: string;
  readonly uid: number;
  readonly launchctl: Launchctl;
  readonly wait: (ms: number) => Promise<void>;
}

type InstallDone = "unchanged" | "started" | "installed" | "replaced";
type ServiceFailure =
  | { readonly kind: "no_launchctl" }
  | { readonly kind: "no_session" }
  /** It does not end. */
  | { readonly kind: "stays" }
  | { readonly kind: "refused"; readonly what: string; readonly code: number | null; readonly said: string };

export async function installService(
  place: ServicePlace,
  text: string,
): Promise<Result<InstallDone, ServiceFailure>> {
  const isLoaded = await loaded(place);
  if (!isLoaded.ok) return isLoaded;
  const before = readText(place.plist);
  if (before === text && isLoaded.value) return ok("unchanged");
  if (isLoaded.value) {
    const ended = await end(place);
    if (!ended.ok) return ended;
  }
  if (before !== text) {
    mkdirSync(path.dirname(place.plist), { recursive: true });
    // launchd takes none that others can write; and it may hold a proxy's password.
    writePrivate(place.plist, text);
  }
  const begun = await begin(place);
  if (!begun.ok) return begun;
  if (before === text) return ok("started");
  return ok(before === undefined ? "installed" : "replaced");
}

/** True = there was something to remove. */
export async function uninstallService(place: ServicePlace): Promise<Result<boolean, ServiceFailure>> {
  const hasPlist = readText(place.plist) !== undefined;
  const isLoaded = await loaded(place);
  // Without a session, or on another system, nothing runs that could be ended.
  if (!isLoaded.ok && isLoaded.error.kind !== "no_session" && hasPlist) return isLoaded;
  if (isLoaded.ok && isLoaded.value) {
    const ended = await end(place);
    if (!ended.ok) return ended;
  }
  rmSync(place.plist, { force: true });
  return ok(hasPlist || (isLoaded.ok && isLoaded.value));
}

const domainOf = ({ uid }: ServicePlace): string => `gui/${uid}`;
const serviceOf = (place: ServicePlace): string => `${domainOf(place)}/${place.label}`;

async function loaded(place: ServicePlace): Promise<Result<boolean, ServiceFailure>> {
  const said = await place.launchctl(["print", serviceOf(place)]);
  if (said === null) return err({ kind: "no_launchctl" });
  if (said.code === 0) return ok(true);
  return isWithoutSession(said) ? err({ kind: "no_session" }) : ok(false);
}

async function end(place: ServicePlace): Promise<Result<void, ServiceFailure>> {
  const said = await place.launchctl(["bootout", serviceOf(place)]);
  if (said === null) return err({ kind: "no_launchctl" });
  // It may answer before the process has ended, or with 36 (now in progress; not tried on a Mac): asked, not believed.
  for (let waited = 0; waited <= SERVICE_GONE_MS; waited += LAUNCHCTL_RETRY_MS) {
    const isLoaded = await loaded(place);
    if (!isLoaded.ok) return isLoaded;
    if (!isLoaded.value) return ok(undefined);
    await place.wait(LAUNCHCTL_RETRY_MS);
  }
  return err({ kind: "stays" });
}

async function begin(place: ServicePlace): Promise<Result<void, ServiceFailure>> {
  // Somebody may have disabled it, which outlives the file.
  await place.launchctl(["enable", serviceOf(place)]);
  for (let tries = 1; ; tries += 1) {
    const said = await place.launchctl(["bootstrap", domainOf(place), place.plist]);
    if (said === null) return err({ kind: "no_launchctl" });
    if (said.code === 0) return ok(undefined);
    if (isWithoutSession(said)) return err({ kind: "no_session" });
    // 5 (input/output error) and 37 (already in progress) are known for the one before still ending; not tried on a Mac.
    if (tries > LAUNCHCTL_RETRIES) {
      return err({ kind: "refused", what: "bootstrap", code: said.code, said: said.text.trim() });
    }
    await place.wait(LAUNCHCTL_RETRY_MS);
  }
}

export function failureInWords(failure: ServiceFailure, { uid, label, plist }: ServicePlace): string {
  switch (failure.kind) {
    case "no_launchctl":
      return "there is no launchctl here: a LaunchAgent is a thing of macOS. Elsewhere, let your own init system start: imsg-relay-agent run";
    case "no_session":
      return "nobody is logged in at this Mac's screen as this user, and Messages runs nowhere else. Log in there (Screen Sharing will do), then try again";
    case "stays":
      return `launchd does not end the agent that runs; see: launchctl print gui/${uid}/${label}`;
    case "refused":
      return `launchctl ${failure.what} ${plist} failed (${failure.code ?? "no answer in time"})${failure.said === "" ? "" : `: ${failure.said}`}`;
    default:
      return failure satisfies never;
  }
}
