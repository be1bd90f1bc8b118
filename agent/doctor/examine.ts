// Runs the checks in order. One cause is told once: what needs a check that failed is not looked at.
import { PROFILE_OPTION } from "../commands/command.ts";
import { CHECK_IDS, type CheckId } from "./check-ids.ts";
import { CHECKS } from "./checks.ts";
import type { Mac } from "./mac.ts";
import { run, skipped, type Verdict } from "./verdict.ts";

export interface Finding extends Verdict {
  readonly id: CheckId;
  readonly title: string;
}

export interface Wish {
  /** Undefined = all. */
  readonly only: CheckId | undefined;
  readonly offline: boolean;
  readonly signal: AbortSignal;
}

/** `onCheck`: this one is looked at now. */
export async function examine(
  mac: Mac,
  { only, offline, signal }: Wish,
  onCheck: (title: string) => void,
): Promise<Finding[]> {
  const wanted = only === undefined ? new Set<CheckId>(CHECK_IDS) : withNeeds(only);
  const findings = new Map<CheckId, Finding>();
  for (const id of CHECK_IDS.filter((id) => wanted.has(id))) {
    if (signal.aborted) break;
    const check = CHECKS[id];
    const { title, needs, where } = check;
    const cause = needs
      .map((need) => findings.get(need))
      .find((finding) => finding !== undefined && isInTheWay(finding));
    const because = cause === undefined ? null : (cause.because ?? cause.id);
    const told = (verdict: Verdict): void =>
      void findings.set(id, { id, title, ...ofProfile(verdict, mac.profile) });
    if (because !== null) told(skipped(`needs ${CHECKS[because].title}`, because));
    else if (where === "mac" && !mac.isMac) told(skipped("this is no Mac"));
    else if (where === "network" && offline) told(skipped("--offline"));
    else {
      onCheck(title);
      told(await check.look(mac));
    }
  }
  if (only === undefined) return [...findings.values()];
  // What stands in its way is the answer then.
  const asked = findings.get(only);
  return [...findings.values()].filter(({ id }) => id === only || id === asked?.because);
}

/** Commands of ours name the profile, where it is not the one that they take by themselves. */
function ofProfile(verdict: Verdict, profile: string): Verdict {
  if (profile === PROFILE_OPTION.profile.default) return verdict;
  const remedy = verdict.remedy.map((step) =>
    "run" in step && step.run.startsWith("imsg-relay-agent ")
      ? run(`${step.run} --profile ${profile}`)
      : step,
  );
  return { ...verdict, remedy };
}

const isInTheWay = ({ state, blocks, because }: Finding): boolean =>
  (state === "broken" && blocks) || because !== null;

function withNeeds(id: CheckId, found = new Set<CheckId>()): Set<CheckId> {
  found.add(id);
  for (const need of CHECKS[id].needs) withNeeds(need, found);
  return found;
}
