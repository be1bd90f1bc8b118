// One transfer that runs, as those see it who do the work.
import type { AgentFrame, FrameOf } from "../../shared/frames.ts";
import type { TransferFailure } from "../../shared/transfer-frames.ts";

export interface Job {
  /** Nobody wants it any more. */
  readonly signal: AbortSignal;
  /** Says something of it to the relay; nothing is said of one that nobody wants. */
  tell(word: FrameOf<AgentFrame, "transfer">): void;
  /** Bytes that were moved. */
  bytes: number;
}

/** Undefined = all went well, and the relay was told. */
export type JobEnd = TransferFailure | undefined;
