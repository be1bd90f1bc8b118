import { ClientError } from "../client/client-error.ts";
import { ConfigHttp, type ConfigOwner } from "../client/config-client.ts";
import type { ConfigChanged } from "../client/config-shapes.ts";
import { isPlace, knownKeys } from "../../shared/config/document-schema.ts";
import { patchBetween, replaceAt, valueAt } from "../../shared/config/edit.ts";
import { nearest } from "../../shared/config/nearest.ts";
import { formatPath, type ConfigPath } from "../../shared/config/path.ts";
import { isPlainObject } from "../../shared/config/plain.ts";
import { httpFetch } from "../node/http-fetch.ts";
import { findCredentials } from "../profile/credentials.ts";
import type { Home } from "../profile/home.ts";
import { importFile } from "./config-import.ts";
import {
  describeAccount,
  describeChange,
  describeHistory,
  describeTenant,
  describeVersion,
  refusalOf,
  valueText,
  type Said,
} from "./config-report.ts";
import { ownerOf, readWish, type ConfigWish } from "./config-wish.ts";
import type { Invocation } from "./invocation.ts";

/** 0 done, 1 refused or failed, 2 misused. */
export async function config(invocation: Invocation, home: Home): Promise<number> {
  const credentials = findCredentials(process.env, home);
  // What was typed is looked at first: a mistake in it is one without any login, too.
  const wish = readWish(invocation, credentials.ok ? credentials.connection.account : "");
  if (typeof wish === "string") {
    console.error(`imsg-relay: ${wish}; see imsg-relay config --help`);
    return 2;
  }
  if (!credentials.ok) {
    console.error(`imsg-relay: ${credentials.why}`);
    return 1;
  }
  try {
    const client = new ConfigHttp({
      ...credentials.connection,
      key: keyFor(wish, credentials.connection.key),
      fetch: httpFetch,
    });
    const { answer, says, failed } = await run(client, wish);
    if (invocation.json) console.log(JSON.stringify(answer));
    else if (failed === true) console.error(`imsg-relay: ${says}`);
    else console.log(says);
    return failed === true ? 1 : 0;
  } catch (error) {
    if (!(error instanceof ClientError)) throw error;
    const { code, message, problems } = error;
    if (invocation.json) console.log(JSON.stringify({ code, message, problems }));
    console.error(`imsg-relay: ${refusalOf(error, wish)}`);
    return 1;
  }
}

/** A login's key is for one account; the operator's may change every tenant, and is never in a file of ours. */
function keyFor(wish: ConfigWish, key: string): string {
  const operators = process.env["IMSG_RELAY_OPERATOR_KEY"];
  return ownerOf(wish).kind === "tenant" && operators ? operators : key;
}

async function run(client: ConfigHttp, wish: ConfigWish): Promise<Said> {
  switch (wish.verb) {
    case "get":
      return get(client, wish.owner, wish.path);
    case "set":
      return changed(await set(client, wish.owner, wish.path, wish.value), wish.owner);
    case "unset":
      return unset(client, wish.owner, wish.path);
    case "import":
      return importFile(client, wish);
    case "history": {
      const answer = await client.history(wish.tenant);
      return { answer, says: describeHistory(answer) };
    }
    case "show": {
      const answer = await client.tenant(wish.tenant, wish.version);
      return { answer, says: describeVersion(answer) };
    }
    case "rollback":
      return changed(await client.rollback(wish.tenant, wish.version), ownerOf(wish));
    default:
      return wish satisfies never;
  }
}

const changed = (answer: ConfigChanged, owner: ConfigOwner): Said => ({
  answer,
  says: describeChange(answer, owner),
});

/**
 * Looked at before: a merge patch that unsets something inside of what is not there makes an empty map of that, which
 * would take the place of the tenant's.
 */
async function unset(client: ConfigHttp, owner: ConfigOwner, path: ConfigPath): Promise<Said> {
  if (valueAt(await written(client, owner), path) !== undefined)
    return changed(await client.patch(owner, replaceAt({}, path, null)), owner);
  const says = `${notSet(path)} Nothing was changed.`;
  return { answer: null, says, ...(isPlace(path) ? {} : { failed: true }) };
}

/** What somebody wrote down there, without defaults. */
async function written(client: ConfigHttp, owner: ConfigOwner): Promise<Readonly<Record<string, unknown>>> {
  return owner.kind === "tenant"
    ? (await client.tenant(owner.tenant)).document
    : (await client.account(owner.account)).overrides;
}

async function get(client: ConfigHttp, owner: ConfigOwner, path: ConfigPath): Promise<Said> {
  if (owner.kind === "tenant") {
    const answer = await client.tenant(owner.tenant);
    return path.length === 0 ? { answer, says: describeTenant(answer) } : part(answer.document, path);
  }
  const answer = await client.account(owner.account);
  return path.length === 0 ? { answer, says: describeAccount(answer) } : part(answer.config, path);
}

function part(settings: Readonly<Record<string, unknown>>, path: ConfigPath): Said {
  const value = valueAt(settings, path);
  if (value !== undefined) return { answer: value, says: valueText(value) };
  return { answer: null, says: notSet(path), failed: true };
}

function notSet(path: ConfigPath): string {
  const name = path.at(-1) ?? "";
  const known = knownKeys(path.slice(0, -1));
  const meant = known.includes(name) ? undefined : nearest(name, known);
  return `${formatPath(path)} is not set here${meant === undefined ? "." : `; did you mean ${meant}?`}`;
}

/**
 * An object takes the place of what is there, which a merge patch does only if it names what is to go. Everything
 * else goes as it is: nothing is read before, so that two who change different settings never meet.
 */
async function set(
  client: ConfigHttp,
  owner: ConfigOwner,
  path: ConfigPath,
  value: unknown,
): Promise<ConfigChanged> {
  if (!isPlainObject(value)) return client.patch(owner, replaceAt({}, path, value));
  const before = await written(client, owner);
  return client.patch(owner, patchBetween(before, replaceAt(before, path, value)) ?? {});
}
