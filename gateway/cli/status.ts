import * as z from "zod";
import { AccountHttp } from "../client/account.ts";
import { ClientError } from "../client/client-error.ts";
import { statusSchema } from "../client/shapes.ts";
import { readLate } from "../drop-in/diary.ts";
import { STATUS_PATIENCE_MS } from "../limits.ts";
import { httpFetch } from "../node/http-fetch.ts";
import { fileCache, type Cache } from "../profile/cache.ts";
import type { Connection } from "../profile/connection.ts";
import { findCredentials } from "../profile/credentials.ts";
import type { Home } from "../profile/home.ts";
import { rewordText } from "../drop-in/wording.ts";
import { describe, report, type Known } from "./status-report.ts";

const keptSchema = z.object({ at: z.number(), status: statusSchema });

/**
 * Gateways run `status --json` at almost every message and take a failure for a missing program, so it answers 0
 * whenever there is a login at all; what is wrong is in the answer. For a human, 0 means that the relay answered.
 */
export async function status(home: Home, json: boolean): Promise<number> {
  const credentials = findCredentials(process.env, home);
  if (!credentials.ok) {
    console.error(`imsg-relay: ${credentials.why}`);
    return 1;
  }
  const { connection } = credentials;
  const cache = fileCache(home, connection);
  const known = await ask(connection, cache);
  const late = readLate(cache);
  if (json) {
    console.log(rewordText(JSON.stringify(report(connection, known, late))));
    return 0;
  }
  console.log(describe(connection, known, late));
  return known.why === undefined ? 0 : 1;
}

async function ask(connection: Connection, cache: Cache): Promise<Known> {
  try {
    const fresh = await new AccountHttp({ ...connection, fetch: httpFetch }).status(STATUS_PATIENCE_MS);
    const at = Date.now();
    cache.write("status", { at, status: fresh });
    return { status: fresh, checkedAt: at, why: undefined };
  } catch (error) {
    if (!(error instanceof ClientError)) throw error;
    const kept = keptSchema.safeParse(cache.read("status"));
    // A key that is refused says nothing about the Mac any more.
    const isAway = error.code === "unreachable" || error.retryable;
    const last = isAway && kept.success ? kept.data : undefined;
    return { status: last?.status, checkedAt: last?.at, why: error.message };
  }
}
