// Whether this Mac stays up, and what happens when it starts again.
import type { PowerFacts, RestartFacts } from "../facts.ts";
import { fine, run, say, skipped, warning, type Verdict } from "../verdict.ts";

const MAINS = "AC Power";
const BATTERY = "Battery Power";

export function judgeSleep({ settings, isCaffeinated }: PowerFacts): Verdict {
  const mains = settings[MAINS];
  const minutes = mains?.["sleep"];
  if (mains === undefined || minutes === undefined) return skipped("pmset does not say");
  const battery = settings[BATTERY]?.["sleep"] ?? 0;
  const unplugged = battery > 0 ? ["on battery it sleeps: leave it plugged in"] : [];
  if (minutes === 0) return fine("never while plugged in", unplugged);
  if (isCaffeinated) return fine("caffeinate keeps it awake", unplugged);
  const isWoken = mains["powernap"] === 1 || mains["standby"] === 1;
  return warning(`this Mac sleeps after ${minutes} min`, {
    why: `Asleep it is offline: what arrives comes when it wakes, and sends are refused.${isWoken ? " Power Nap and standby wake it for moments, too short to serve." : ""}`,
    remedy: [
      run("sudo pmset -c sleep 0"),
      say(
        'or System Settings > Energy > Prevent automatic sleeping when the display is off; or "keep_awake" in agent.jsonc.',
      ),
    ],
    detail: unplugged,
  });
}

/** A note and no warning: a Mac with FileVault is as it should be, and its owner must know what that means. */
export function judgeRestart({ fileVault, autoLogin, restartsAfterPowerCut }: RestartFacts): Verdict {
  const cut =
    restartsAfterPowerCut === false
      ? ["it stays off after a power cut; to change that: sudo pmset -a autorestart 1"]
      : [];
  if (fileVault === true) {
    return fine("waits for a password at the screen (FileVault is on)", [
      "before a restart that you start yourself: sudo fdesetup authrestart",
      ...cut,
    ]);
  }
  if (autoLogin === true) return fine("logs in by itself", cut);
  if (autoLogin === null) return skipped("macOS does not say");
  return fine("waits for a login at the screen", [
    "for a Mac that does nothing else: System Settings > Users & Groups > Automatically log in as",
    ...cut,
  ]);
}
