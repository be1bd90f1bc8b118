// Of two caps the lower one counts, and where that is the owner's, whoever meets it is told so.
import { MAC_RULES } from "../../shared/mac-policy.ts";
import type { TransferFailure } from "../../shared/transfer-frames.ts";

interface Cap extends Pick<TransferFailure, "rule" | "detail"> {
  readonly cap: number;
}

export function leastCap(asked: number, mine: number): Cap {
  if (asked <= mine) return { cap: asked };
  return { cap: mine, rule: "media_max_mb", detail: MAC_RULES.media_max_mb };
}
