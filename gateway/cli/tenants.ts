// `tenants`: what a relay's operator does with tenants.
import { Admin } from "../client/admin.ts";
import type { AuditEntry } from "../client/tenant-shapes.ts";
import { TenantsHttp } from "../client/tenants-http.ts";
import { administering, atRelay, requireOperator, type Administering } from "./administering.ts";
import { EXIT, type ExitCode } from "./exit-codes.ts";
import { declined } from "./question.ts";
import { exportToFile } from "./tenant-export-file.ts";
import { importFromFile } from "./tenant-import-file.ts";
import { refuseSameName, tenantOf, tenantsThere } from "./tenant-place.ts";
import {
  describeActs,
  describeLoss,
  describeQuotas,
  describeTenant,
  describeTenants,
  nameOf,
} from "./tenants-report.ts";
import { harmless } from "./text-table.ts";
import { readTenantsWish, type OfTenant, type TenantsWish } from "./tenants-wish.ts";
import { UsageSums } from "./usage-report.ts";

export const tenants = administering<TenantsWish>("tenants", {
  read: (invocation) => readTenantsWish(invocation, Date.now()),
  run,
});

/** What a key of scope `manage` for all of the tenant may read as well. */
const isForManagers = (wish: TenantsWish): boolean =>
  wish.verb === "usage" || (wish.verb === "audit" && wish.tenant !== undefined);

async function run(wish: TenantsWish, ask: Administering): Promise<ExitCode> {
  const { target, json, say, note } = ask;
  if (!isForManagers(wish)) requireOperator(target);
  const admin = new Admin(target);
  switch (wish.verb) {
    case "list": {
      const list = await admin.tenants();
      if (json) for (const one of list) say(JSON.stringify(one));
      else if (list.length === 0) note("there are none; imsg-relay tenants create NAME makes one.");
      else for (const line of describeTenants(list, ask.columns)) say(line);
      return EXIT.done;
    }
    case "create": {
      if (!wish.isSameName) refuseSameName("a tenant", wish.name, await tenantsThere(admin));
      const made = await admin.createTenant(wish.name);
      if (json) say(JSON.stringify(made));
      else {
        say(`Made: ${nameOf(made)}`);
        say(
          `Its first account: imsg-relay accounts create NAME --tenant ${harmless(made.tenant)}${atRelay(target)}`,
        );
      }
      return EXIT.done;
    }
    case "import":
      return importFromFile(wish, ask);
    case "audit": {
      const tenant = wish.tenant === undefined ? null : await tenantOf(target, wish.tenant);
      const acts = await actsOf(new TenantsHttp(target), tenant, wish);
      if (json) for (const act of acts) say(JSON.stringify(act));
      else if (acts.length === 0) note("nothing was done.");
      else for (const line of describeActs(acts, ask.columns)) say(line);
      return EXIT.done;
    }
    default:
      return runOnOne(wish, ask, await tenantOf(target, wish.tenant));
  }
}

async function runOnOne(wish: OfTenant, ask: Administering, tenant: string): Promise<ExitCode> {
  const { target, json, say } = ask;
  const client = new TenantsHttp(target);
  const done = (answer: unknown, lines: readonly string[]): ExitCode => {
    for (const line of json ? [JSON.stringify(answer)] : lines) say(line);
    return EXIT.done;
  };
  switch (wish.verb) {
    case "show": {
      const view = await client.show(tenant);
      return done(view, describeTenant(view));
    }
    case "rename": {
      const view = await client.rename(tenant, wish.name);
      return done(view, [`Renamed: ${nameOf(view)}`]);
    }
    case "suspend": {
      const view = await client.suspend(tenant, wish.reason);
      const pending =
        view.accounts_pending > 0 ? ["Some of its accounts are still to be told, within seconds."] : [];
      return done(view, [
        `Suspended: ${nameOf(view)}. Its gateways and Macs are shut out; nothing is lost meanwhile.`,
        ...pending,
      ]);
    }
    case "resume": {
      const view = await client.resume(tenant);
      return done(view, [`Resumed: ${nameOf(view)}. Macs that wait come back within 5 minutes.`]);
    }
    case "quotas": {
      const isAsked = Object.keys(wish.changes).length === 0;
      const view = isAsked ? await client.show(tenant) : await client.setQuotas(tenant, wish.changes);
      return done(view.quotas, describeQuotas(view));
    }
    case "usage": {
      const sums = new UsageSums();
      for await (const day of client.used(tenant, wish.range)) {
        if (json) say(JSON.stringify(day));
        else sums.add(day);
      }
      if (!json) for (const line of sums.lines(ask.columns)) say(line);
      return EXIT.done;
    }
    case "delete":
      return remove(wish.isYes, ask, client, tenant);
    case "export":
      return exportToFile(wish, ask, await client.show(tenant));
    default:
      return wish satisfies never;
  }
}

async function remove(
  isYes: boolean,
  { target, json, say, note }: Administering,
  client: TenantsHttp,
  tenant: string,
): Promise<ExitCode> {
  const view = await client.show(tenant);
  if (!isYes) {
    const lines = describeLoss(view, await new Admin(target).accounts(tenant));
    const stopped = await declined({ lines, name: view.name, isYes, json, note });
    if (stopped !== undefined) return stopped;
  }
  const answer = await client.remove(tenant);
  const { state, accounts_left } = answer;
  if (json) say(JSON.stringify(answer));
  else if (state === "deleted") say(`Deleted: nothing of ${nameOf(view)} is left at ${target.relay}.`);
  else say(`Being deleted: ${nameOf(view)}; ${accounts_left} accounts are left, and it goes on by itself.`);
  return EXIT.done;
}

/** The oldest first, as a log is read. */
async function actsOf(
  client: TenantsHttp,
  tenant: string | null,
  { since, most }: { readonly since: number | null; readonly most: number },
): Promise<readonly AuditEntry[]> {
  const acts: AuditEntry[] = [];
  for await (const act of client.audited(tenant)) {
    if (acts.length >= most || act.at < (since ?? 0)) break;
    acts.push(act);
  }
  return acts.toReversed();
}
