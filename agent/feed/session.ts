import type { Pair } from "./identity.ts";

/** What one link's reading goes by: as the relay said it in `welcome`, and as it moves on. */
export interface Session {
  database: number;
  /** Where reading goes on; null = to be found out. */
  position: number | null;
  reset: { readonly floor: number; readonly until: number } | null;
  pairs: readonly Pair[];
  newest: number | null;
  /** What the relay was told last. */
  told: number | null;
}
