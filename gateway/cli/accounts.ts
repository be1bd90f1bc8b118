// `accounts`: the accounts of a tenant.
import { localTime } from "../../shared/terminal/local-time.ts";
import { Admin } from "../client/admin.ts";
import type { Account } from "../client/shapes.ts";
import { TenantsHttp } from "../client/tenants-http.ts";
import { readAccountsWish, type AccountsWish } from "./accounts-wish.ts";
import { administering, atRelay, type Administering } from "./administering.ts";
import { shortId } from "./chosen.ts";
import { EXIT, type ExitCode } from "./exit-codes.ts";
import { declined } from "./question.ts";
import { accountsOf, accountsThere, isWholeAccount, refuseSameName, tenantOf } from "./tenant-place.ts";
import { harmless, textTable } from "./text-table.ts";
import { UsageSums } from "./usage-report.ts";

export const accounts = administering<AccountsWish>("accounts", {
  read: (invocation) => readAccountsWish(invocation, Date.now()),
  run,
});

async function run(wish: AccountsWish, ask: Administering): Promise<ExitCode> {
  const admin = new Admin(ask.target);
  const { say, json } = ask;
  switch (wish.verb) {
    case "list": {
      const list = await admin.accounts(await tenantOf(ask.target, wish.tenant));
      if (json) for (const one of list) say(JSON.stringify(one));
      else if (list.length === 0) ask.note("there are none; imsg-relay accounts create NAME makes one.");
      else for (const line of table(list, ask.columns)) say(line);
      return EXIT.done;
    }
    case "create": {
      const tenant = await tenantOf(ask.target, wish.tenant);
      if (!wish.isSameName) refuseSameName("an account", wish.name, await accountsThere(admin, tenant));
      const made = await admin.createAccount(tenant, wish.name);
      if (json) say(JSON.stringify(made));
      else {
        say(`Made: ${whatOf(made)}`);
        say(`id    ${harmless(made.account)}`);
        say("");
        const [id, at] = [harmless(made.account), atRelay(ask.target)];
        say(`A code for its Mac: imsg-relay enrol --account ${id}${at}`);
        say(
          `A key for its gateway: imsg-relay keys create NAME --scopes rpc,read,send --account ${id} --tenant ${harmless(made.tenant)}${at}`,
        );
      }
      return EXIT.done;
    }
    default:
      return runOnOne(wish, ask, await accountNamed(admin, ask, wish));
  }
}

type OnOne = Exclude<AccountsWish, { verb: "list" | "create" }>;

async function runOnOne(wish: OnOne, ask: Administering, account: Account): Promise<ExitCode> {
  const client = new TenantsHttp(ask.target);
  const id = account.account;
  const done = (answer: unknown, line: string): ExitCode => {
    ask.say(ask.json ? JSON.stringify(answer) : line);
    return EXIT.done;
  };
  switch (wish.verb) {
    case "rename": {
      const renamed = await client.renameAccount(id, wish.name);
      return done(renamed, `Renamed: ${whatOf(renamed)}`);
    }
    case "pause": {
      const line = `Paused: ${whatOf(account)} is shut to gateways and its Mac; nothing is lost meanwhile`;
      return done(await client.pauseAccount(id), line);
    }
    case "resume":
      return done(await client.resumeAccount(id), `Resumed: ${whatOf(account)}, where it was`);
    case "delete":
      return remove(wish.isYes, ask, client, account);
    case "usage": {
      const { days } = await client.accountUsage(id, wish.range);
      const sums = new UsageSums();
      for (const day of days)
        if (ask.json) ask.say(JSON.stringify(day));
        else sums.add(day);
      if (!ask.json) for (const line of sums.lines(ask.columns)) ask.say(line);
      return EXIT.done;
    }
    default:
      return wish satisfies never;
  }
}

async function remove(
  isYes: boolean,
  { json, note, say }: Administering,
  client: TenantsHttp,
  account: Account,
): Promise<ExitCode> {
  const lines = [
    `Account ${whatOf(account)} of ${harmless(account.tenant)} will be deleted with everything of it:`,
    "  its log of messages, its settings and whom they let in, the enrolment of its Macs, keys that are for it alone.",
    "Messages on the Mac stay. Nothing of this can be brought back.",
  ];
  const stopped = await declined({ lines, name: account.name, isYes, json, note });
  if (stopped !== undefined) return stopped;
  const answer = await client.removeAccount(account.account);
  say(
    json
      ? JSON.stringify(answer)
      : `Deleted: ${whatOf(account)}. What is left of it is emptied within seconds.`,
  );
  return EXIT.done;
}

/** What a key for this account alone may do needs its whole id: it sees no list. */
async function accountNamed(admin: Admin, ask: Administering, wish: OnOne): Promise<Account> {
  if (isWholeAccount(wish.account) && wish.verb !== "delete")
    return { account: wish.account, tenant: "", name: "", created_at: 0, state: "" };
  const named = await accountsOf(admin, await tenantOf(ask.target, wish.tenant));
  return named(wish.account);
}

const whatOf = ({ name, account }: Account): string =>
  `${name === "" ? "" : `"${harmless(name)}" `}(${shortId(account)})`;

function table(list: readonly Account[], columns: number | undefined): string[] {
  const rows = list.map(({ name, state, created_at, account }) => [
    name,
    state,
    localTime(created_at),
    account,
  ]);
  return textTable(["NAME", "STATE", "MADE", "ID"], rows, { columns, elastic: [0] });
}
