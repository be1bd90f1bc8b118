// What a tenant's operator asks for, and what is left in its objects.
import { afterEach, vi } from "vitest";
import { Internet } from "./hooks.ts";
import { ask, get, type Json } from "./http.ts";
import { inside } from "./object.ts";

export interface Entry {
  readonly id: number;
  readonly at: number;
  readonly by: string;
  readonly verb: string;
  readonly about: string;
  readonly result: string;
  readonly request_id: string | null;
}

export const ofTenant = (tenant: string, rest = ""): string => `/v1/tenants/${tenant}${rest}`;

export async function auditOf(tenant: string, query = ""): Promise<readonly Entry[]> {
  const { entries } = await get(200, "GET", ofTenant(tenant, `/audit${query}`));
  return entries as Entry[];
}

/** What an account tells of comes when it comes. */
export const audited = (tenant: string, verb: string): Promise<Entry> =>
  vi.waitUntil(async () => (await auditOf(tenant)).find((entry) => entry.verb === verb), {
    timeout: 5_000,
    interval: 10,
  });

export const suspend = (tenant: string, body?: Json): Promise<Json> =>
  get(200, "POST", ofTenant(tenant, "/suspend"), body === undefined ? {} : { body });
export const resume = (tenant: string): Promise<Json> => get(200, "POST", ofTenant(tenant, "/resume"));

/** All of it, or one page. */
export async function exported(tenant: string, query = ""): Promise<string> {
  const response = await ask("GET", ofTenant(tenant, `/export${query}`));
  const text = new TextDecoder().decode(await response.arrayBuffer());
  if (response.status !== 200) throw new Error(text);
  return text;
}

export const brought = (status: number, lines: string): Promise<Json> =>
  get(status, "POST", "/v1/tenants/import", { body: lines });

export const endDeleted = async (tenant: string): Promise<void> => {
  await get(200, "DELETE", ofTenant(tenant));
};

/** Tables that are not the platform's own. */
export const tableNames = ({ sql }: DurableObjectStorage): string[] =>
  sql
    .exec("SELECT name FROM sqlite_master WHERE type = 'table'")
    .toArray()
    .map(({ name }) => JSON.stringify(name).slice(1, -1))
    .filter((name) => !name.startsWith("_cf_") && !name.startsWith("sqlite_"));

export const tablesOf = (account: { tenant: string; account: string }): Promise<string[]> =>
  inside(account, (_, { storage }) => tableNames(storage));

const opened: Posts[] = [];
afterEach(() => opened.splice(0).forEach((internet) => internet.close()));

/** The internet of one test, which answers with one status. */
export class Posts {
  readonly #internet = new Internet();
  status = 200;

  constructor() {
    opened.push(this);
    this.#internet.answer = () => new Response("", { status: this.status });
  }

  get count(): number {
    return this.#internet.posted.length;
  }

  until(type: string, count?: number): ReturnType<Internet["until"]> {
    return this.#internet.until(type, count);
  }

  close(): void {
    this.#internet.close();
  }
}
