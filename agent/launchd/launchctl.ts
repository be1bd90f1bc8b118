// launchctl, as far as a LaunchAgent needs it. Apple calls its output no interface: what counts is its exit code, and
// of its words only those that tell "no such service" from "no such session".
import { execFile } from "node:child_process";
import { LAUNCHCTL_ANSWER_BYTES, LAUNCHCTL_MS } from "../limits.ts";

/** Null = there is no such program here. */
export type Launchctl = (args: readonly string[]) => Promise<Said | null>;
interface Said {
  /** Null = it had to be ended. */
  readonly code: number | null;
  readonly text: string;
}

export const launchctl: Launchctl = (args) =>
  new Promise((resolve) => {
    const limits = { timeout: LAUNCHCTL_MS, maxBuffer: LAUNCHCTL_ANSWER_BYTES };
    execFile("launchctl", [...args], limits, (error, stdout, stderr) => {
      const text = `${stdout}${stderr}`;
      if (error === null) resolve({ code: 0, text });
      else if (error.code === "ENOENT") resolve(null);
      else resolve({ code: typeof error.code === "number" ? error.code : null, text });
    });
  });

/** Where nobody is logged in at the screen (believed, not tried on a Mac: 125 of bootstrap, words of print). */
export const isWithoutSession = ({ code, text }: Said): boolean =>
  code === 125 || /could not find domain|domain does not support/i.test(text);
