// What a failure of imsg means for the owner of the Mac. imsg gives one code (-32603) for everything, so the
// SQLite code in its text is all there is; the sentences around it are not read.
import type { HealthReason } from "../../shared/health.ts";
import { RPC, type RpcError } from "../../shared/jsonrpc.ts";
import type { ChildExit } from "../ports.ts";

/** Why an imsg cannot be used. `reason: null` = it may pass by itself. */
export interface Trouble {
  readonly kind: "missing" | "ended" | "hung" | "unhealthy";
  readonly reason: HealthReason | null;
  /** For the log of the Mac. */
  readonly why: string;
}

const CANNOT_OPEN = new Set([10, 14, 23]);
const LOCKED = new Set([5, 6]);

/** An error to a question that any healthy imsg answers. */
export function troubleOf(error: RpcError): Trouble {
  if (error.code === RPC.method_not_found) return unhealthy("imsg_too_old", "chats.list is unknown");
  if (error.code === RPC.database_unavailable)
    return unhealthy("full_disk_access_missing", "database unavailable");
  const code = sqliteCode(error.data);
  if (code !== undefined && CANNOT_OPEN.has(code))
    return unhealthy("full_disk_access_missing", `SQLite code ${code}`);
  if (code !== undefined && LOCKED.has(code)) return unhealthy(null, "database locked");
  return unhealthy("imsg_schema_unread", `error ${error.code}`);
}

/** `spoke`: it wrote at least one line. A program that ends by itself without a word has no `rpc` command. */
export function troubleOfExit(exit: ChildExit, spoke: boolean): Trouble {
  if (exit.missing) return { kind: "missing", reason: "imsg_missing", why: "not found or not executable" };
  const how = exit.signal === null ? `exit code ${exit.code ?? "unknown"}` : `signal ${exit.signal}`;
  if (!spoke && exit.signal === null) return { kind: "ended", reason: "rpc_unsupported", why: how };
  return { kind: "ended", reason: null, why: how };
}

/** The AppleScript error for "not authorised to send Apple events"; the words around it are translated. */
export const isAutomationRefused = (error: RpcError): boolean =>
  typeof error.data === "string" && /-1743\b/.test(error.data);

const unhealthy = (reason: HealthReason | null, why: string): Trouble => ({ kind: "unhealthy", reason, why });

function sqliteCode(data: unknown): number | undefined {
  const text = typeof data === "string" ? data : JSON.stringify(data ?? "");
  const match = /\(code: (\d{1,5})\)/.exec(text);
  return match?.[1] === undefined ? undefined : Number(match[1]);
}
