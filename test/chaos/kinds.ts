import type { Kind } from "./kind.ts";
import { SENDS } from "./sends/run-sends.ts";

/** Everything that `--only` knows. */
export const KINDS: readonly Kind[] = [SENDS];
