// What was used, by day: of an account as it counts it, of a tenant as its accounts reported it (TEN rules).
import * as z from "zod";
import { RelayError } from "../../shared/errors.ts";
import { dayOf } from "../../shared/usage.ts";
import { tenantObject } from "../objects.ts";
import type { AccountDay } from "../tenant/usage-book.ts";
import { askedOf } from "./asked.ts";
import { callerOf, openParam, readQuery, valueOf, type App } from "./context.ts";
import { linesOf, wantsLines } from "./lines.ts";
import { listSchema } from "./page-size.ts";

/** Beginning with the month before, where nothing is asked for. */
const USUAL_DAYS = 31;
const DAY_MS = 24 * 60 * 60 * 1_000;

const day = z.iso.date("a day, as 2026-05-03");
const between = z.object({ from: day.optional(), to: day.optional() });
const asked = listSchema.extend(between.shape);

export function usageRoutes(app: App): void {
  app.get("/v1/accounts/:account/usage", async (c) => {
    const account = askedOf(c);
    const range = rangeOf(readQuery(c, between));
    return c.json({ ...range, days: await account.ask("usage", range) });
  });

  app.get("/v1/tenants/:tenant/usage", async (c) => {
    const tenant = openParam(c, "ten", c.req.param("tenant"));
    const caller = callerOf(c, tenant);
    const { after, limit, ...wish } = readQuery(c, asked);
    const range = rangeOf(wish);
    const object = tenantObject(c.env, tenant);
    const read = async (place: string | null, most: number): Promise<AccountDay[]> =>
      valueOf(await object.usage(caller, { ...range, after: placeOf(place), limit: most }));
    if (wantsLines(c)) return linesOf(await read(after, limit), (last) => read(nameOf(last), limit));
    const found = await read(after, limit + 1);
    const days = found.slice(0, limit);
    const last = days.at(-1);
    return c.json({ ...range, days, next: found.length > limit && last !== undefined ? nameOf(last) : null });
  });
}

const nameOf = ({ day: of, account }: AccountDay): string => `${of}.${account}`;

function placeOf(name: string | null): { day: string; account: string } | null {
  if (name === null) return null;
  const [of, account] = name.split(".");
  if (of === undefined || account === undefined || !day.safeParse(of).success)
    throw new RelayError("invalid_request", "after: what `next` said");
  return { day: of, account };
}

function rangeOf({ from, to }: z.infer<typeof between>): { from: string; to: string } {
  const now = Date.now();
  return { from: from ?? dayOf(now - USUAL_DAYS * DAY_MS), to: to ?? dayOf(now) };
}
