// What a check comes to: facts in, one of these out. No check prints, and none asks the Mac anything itself.
import type { CheckId } from "./check-ids.ts";
import { DOCTOR_NAMES_IT, HEALTH_REASONS, type HealthReason } from "../../shared/health.ts";

/** One step of a remedy: something to do by hand, or a command to copy. */
export type Step = { readonly say: string } | { readonly run: string };

export interface Verdict {
  /** `warning` = it works, or would, and something is worth knowing; `skipped` = nothing can be said. */
  readonly state: "ok" | "warning" | "broken" | "skipped";
  /** How it is, in one line. */
  readonly summary: string;
  /** The row of the table that the agent, the relay and the gateway tell it by; null = it has none. */
  readonly reason: HealthReason | null;
  /** Why it is so, where the summary does not say. */
  readonly why: string | null;
  readonly remedy: readonly Step[];
  /** For `--verbose`: what was seen. */
  readonly detail: readonly string[];
  /** Whether a check that needs this one has nothing to say while this is broken. */
  readonly blocks: boolean;
  /** Of `skipped`: the check whose failure is why nothing can be said. */
  readonly because: CheckId | null;
}

interface More {
  readonly reason?: HealthReason;
  readonly why?: string;
  readonly remedy?: readonly Step[];
  readonly detail?: readonly string[];
  readonly blocks?: boolean;
  readonly because?: CheckId;
}

const verdict = (state: Verdict["state"], summary: string, more: More): Verdict => ({
  state,
  summary,
  reason: more.reason ?? null,
  why: more.why ?? null,
  // What everybody else is told of this reason comes first; what only this Mac's owner can use follows.
  remedy: [
    ...(more.reason === undefined ? [] : [{ say: HEALTH_REASONS[more.reason].replace(DOCTOR_NAMES_IT, "") }]),
    ...(more.remedy ?? []),
  ],
  detail: more.detail ?? [],
  blocks: more.blocks ?? true,
  because: more.because ?? null,
});

export const fine = (summary: string, detail: readonly string[] = []): Verdict =>
  verdict("ok", summary, { detail });
export const warning = (summary: string, more: More = {}): Verdict => verdict("warning", summary, more);
export const broken = (summary: string, more: More = {}): Verdict => verdict("broken", summary, more);
/** `summary` says why nothing can be said. */
export const skipped = (summary: string, because?: CheckId): Verdict =>
  verdict("skipped", summary, because === undefined ? {} : { because });

export const say = (text: string): Step => ({ say: text });
export const run = (command: string): Step => ({ run: command });

/** A word of a command that is to be copied: in quotes where a shell would take it apart. */
export const quoted = (word: string): string =>
  /^[\w@%+=:,./~-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
