// What a link needs, and whom it tells.
import type { Clock } from "../shared/clock.ts";
import type { AgentFrame, FrameOf, RelayFrame } from "../shared/frames.ts";
import type { LinkTimes } from "../shared/limits.ts";
import type { Identity } from "./identity.ts";
import type { Dial, Keys, Log } from "./ports.ts";

export type Welcome = FrameOf<RelayFrame, "welcome">;
export type LinkFrame = Exclude<RelayFrame, { t: "challenge" | "welcome" | "goodbye" | "proved" }>;
type HelloFacts = Pick<FrameOf<AgentFrame, "hello">, "journal_id" | "engine" | "health" | "policy">;

export interface LinkHooks {
  /** What `hello` says of this Mac; `ready` = it is worth saying (imsg was asked). */
  hello(): { readonly facts: HelloFacts; readonly ready: boolean };
  onWelcome(welcome: Welcome): void;
  onFrame(frame: LinkFrame): void;
  /** An accepted link has ended. */
  onDown(): void;
}

export interface LinkParts {
  readonly clock: Clock;
  readonly random: () => number;
  readonly dial: Dial;
  readonly keys: Keys;
  readonly log: Log;
  readonly identity: Identity;
  readonly times: LinkTimes;
}
