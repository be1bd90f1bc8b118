import type { AccountFacts } from "./channel/settings.ts";
import type { Standing } from "./standing.ts";
import type { Endpoint } from "./webhooks/endpoint.ts";

/** All that the tenant says of one account. */
export interface TenantWord extends AccountFacts {
  readonly endpoints: readonly Endpoint[];
  /** Absent = as it was. */
  readonly standing?: Standing;
}
