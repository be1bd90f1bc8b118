// What a seed has found out, and what the judge makes of it. Nothing in here runs anything.
import type { SendOutcome } from "../../../shared/outcome.ts";
import type { Cancelled } from "./courier.ts";
import type { Excuse } from "./excuse.ts";
import type { Final } from "./finals.ts";
import type { Told } from "./told.ts";
import type { Wish } from "./wish.ts";

/** A message of this account that Messages has, in the order of its rows. */
export interface Row {
  readonly guid: string;
  /** Chat key. */
  readonly chat: string;
  readonly text: string;
  readonly by: "relay" | "owner";
}

export interface OutcomeEvent {
  readonly operation: string;
  readonly outcome: SendOutcome;
  readonly final: boolean;
  readonly guids: readonly (string | null)[];
}

export interface Findings {
  readonly wishes: readonly Wish[];
  /** Chat key of each place. */
  readonly chats: readonly string[];
  /** Everything that was answered, by key, in the order in which it came. */
  readonly told: ReadonlyMap<string, readonly Told[]>;
  /** What the same request was answered when everything was over. */
  readonly repeats: ReadonlyMap<string, readonly Told[]>;
  /** As gateway A and gateway B are told in the end. */
  readonly finals: ReadonlyMap<string, readonly [Final, Final]>;
  readonly cancelled: readonly Cancelled[];
  readonly rows: readonly Row[];
  /** Events of kind `message.outcome`, in the order of the log. */
  readonly outcomes: readonly OutcomeEvent[];
  readonly excuses: readonly Excuse[];
  /** Operations, or parts of them, that the Mac's journal holds to have never been begun. */
  readonly neverBegun: readonly string[];
}

/** One wish with all that is known of it. */
export interface Case {
  readonly wish: Wish;
  readonly chat: string;
  readonly told: readonly Told[];
  readonly repeats: readonly Told[];
  readonly final: Final;
  readonly finals: readonly [Final, Final];
  /** When it was first asked for, and when it was settled; Infinity where nobody knows. */
  readonly from: number;
  readonly until: number;
}

export function casesOf({ wishes, chats, told, repeats, finals }: Findings): Case[] {
  return wishes.flatMap((wish) => {
    const both = finals.get(wish.key);
    if (both === undefined) return [];
    const answers = told.get(wish.key) ?? [];
    // Whoever was told an end was told it after it was there.
    const ends = answers.filter(
      ({ outcome, operation }) =>
        outcome !== "nothing" && outcome !== "queued" && (operation !== null || outcome !== "not_sent"),
    );
    return [
      {
        wish,
        chat: chats[wish.place] ?? "",
        told: answers,
        repeats: repeats.get(wish.key) ?? [],
        final: both[0],
        finals: both,
        from: Math.min(...answers.map(({ askedAt }) => askedAt)),
        until: Math.min(...ends.map(({ at }) => at), Number.POSITIVE_INFINITY),
      },
    ];
  });
}
