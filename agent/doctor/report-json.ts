// The findings for programs: one object. Fields may be added; what is there keeps its name and meaning (DOC3).
import type { Finding } from "./examine.ts";

export const reportJson = (findings: readonly Finding[], facts: { profile: string; agent: string }): string =>
  JSON.stringify({
    version: 1,
    ok: findings.every(({ state }) => state !== "broken"),
    ...facts,
    checks: findings.map(({ id, title, state, summary, reason, why, remedy, because, detail }) => {
      return { id, title, state, summary, reason, why, remedy, because, detail };
    }),
  });
