import type { Refused } from "../../shared/errors.ts";
import type { QuotaName, Quotas } from "../../shared/quotas.ts";

/** The refusal of one more, where there are as many as the operator allows. */
export function overQuota(quotas: Quotas, name: QuotaName, used: number): Refused | undefined {
  const limit = quotas[name];
  if (used < limit) return undefined;
  const detail = `the quota ${name} of this tenant is ${limit}, and ${used} are in use: the relay's operator can raise it`;
  return { code: "conflict", detail, quota: { name, limit, used } };
}
