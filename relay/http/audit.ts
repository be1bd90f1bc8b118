// The audit of a tenant, and the operator's own: pages for people, the whole for a copy (TEN rules).
import * as z from "zod";
import type { AuditEntry } from "../../shared/audit.ts";
import type { Refused } from "../../shared/errors.ts";
import type { Result } from "../../shared/result.ts";
import { operatorObject, tenantObject } from "../objects.ts";
import { AUDIT_PAGE_ROWS } from "../tenant/limits.ts";
import type { AuditAsked } from "../tenant/audit-book.ts";
import { callerOf, openParam, readQuery, requireOperator, valueOf, type App, type Ctx } from "./context.ts";
import { linesOf, wantsLines } from "./lines.ts";
import { pageSizeSchema } from "./page-size.ts";

const page = z.object({
  after: z.coerce.number().int().min(0).nullable().default(null),
  limit: pageSizeSchema,
});

type Read = (asked: AuditAsked) => Promise<Result<AuditEntry[], Refused>>;

export function auditRoutes(app: App): void {
  app.get("/v1/tenants/:tenant/audit", async (c) => {
    const tenant = openParam(c, "ten", c.req.param("tenant"));
    const caller = callerOf(c, tenant);
    return answer(c, (asked) => tenantObject(c.env, tenant).audit(caller, asked));
  });
  app.get("/v1/audit", async (c) => {
    const caller = requireOperator(c);
    return answer(c, (asked) => operatorObject(c.env).audit(caller, asked));
  });
}

async function answer(c: Ctx, read: Read): Promise<Response> {
  const { after, limit } = readQuery(c, page);
  if (wantsLines(c)) {
    const first = valueOf(await read({ after, limit: AUDIT_PAGE_ROWS, order: "oldest" }));
    return linesOf(first, async (last) =>
      valueOf(await read({ after: last.id, limit: AUDIT_PAGE_ROWS, order: "oldest" })),
    );
  }
  const entries = valueOf(await read({ after, limit: limit + 1, order: "newest" }));
  const shown = entries.slice(0, limit);
  return c.json({ entries: shown, next: entries.length > limit ? (shown.at(-1)?.id ?? null) : null });
}
