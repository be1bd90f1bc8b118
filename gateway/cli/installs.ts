// `installs`: the Macs of an account.
import { localTime } from "../../shared/terminal/local-time.ts";
import type { Install } from "../client/shapes.ts";
import { administering, type Administering } from "./administering.ts";
import { shortId } from "./chosen.ts";
import { EXIT, type ExitCode } from "./exit-codes.ts";
import type { Invocation } from "./invocation.ts";
import { chosenInstall, macsPlace, whoseMacs, type WhoseMacs } from "./macs-place.ts";
import { harmless, textTable } from "./text-table.ts";

type Wish = WhoseMacs &
  ({ readonly verb: "list"; readonly all: boolean } | { readonly verb: "revoke"; readonly mac: string });

export const installs = administering<Wish>("installs", { read: readWish, run });

function readWish(invocation: Invocation): Wish | string {
  const [verb, mac, ...others] = invocation.words;
  const place = whoseMacs(invocation);
  if (typeof place === "string") return place;
  const all = invocation.options.has("--all");
  if (verb === "list")
    return mac === undefined ? { verb, all, ...place } : "installs list takes nothing more";
  if (verb !== "revoke")
    return verb === undefined ? "installs needs list or revoke" : `installs knows no ${JSON.stringify(verb)}`;
  if (mac === undefined || mac === "")
    return "installs revoke needs the Mac: its id, the end of it, or its name";
  if (others.length > 0) return "installs revoke takes one Mac; put its name in quotes";
  return all ? "--all is for installs list" : { verb, mac, ...place };
}

async function run(wish: Wish, ask: Administering): Promise<ExitCode> {
  const { admin, account } = await macsPlace(ask, wish);
  const known = await admin.installs(account);
  if (wish.verb === "revoke") {
    const { install, name, serves, revoked_at } = chosenInstall(wish.mac, known);
    const answer = await admin.revokeInstall(account, install);
    const mac = `"${harmless(name)}" (${shortId(install)})`;
    const link = serves ? "; its connection is closed" : "";
    if (ask.json) ask.say(JSON.stringify(answer));
    else if (revoked_at === null) ask.say(`Revoked: ${mac} is shut out${link}.`);
    else ask.say(`${mac} was shut out already, on ${localTime(revoked_at)}.`);
    return EXIT.done;
  }
  const shown = known.filter(({ revoked_at }) => wish.all || revoked_at === null);
  if (ask.json) for (const one of shown) ask.say(JSON.stringify(one));
  else if (shown.length === 0) ask.note("no Mac is enrolled; imsg-relay enrol makes a code for one.");
  else for (const line of table(shown, ask.columns)) ask.say(line);
  return EXIT.done;
}

function table(list: readonly Install[], columns: number | undefined): string[] {
  const head = ["ID", "NAME", "STATE", "ENROLLED", "KEY"];
  const rows = list.map((one) => [
    shortId(one.install),
    one.name,
    stateOf(one),
    one.created_at === null ? "" : localTime(one.created_at),
    keyOf(one),
  ]);
  return textTable(head, rows, { columns, elastic: [1, 2] });
}

const ENDS: Readonly<Record<string, string>> = { revoked: "revoked", moved: "moved away", left: "left" };

function stateOf({ serves, last_seen, revoked_at, ended }: Install): string {
  if (revoked_at !== null) return `${ENDS[ended ?? "revoked"] ?? "ended"} ${localTime(revoked_at)}`;
  if (serves) return "serves the account";
  return last_seen === null ? "not connected" : `last here ${localTime(last_seen)}`;
}

function keyOf({ key_changed_at, key_pending }: Install): string {
  if (key_pending) return "a new one waits";
  return key_changed_at === null ? "" : `changed ${localTime(key_changed_at)}`;
}
