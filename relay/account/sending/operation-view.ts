// A send as its sender sees it (protocol, SEND rules): what was asked, how far it came, and why no further.
import * as z from "zod";
import { ERROR_CODES, ERRORS, type ErrorCode, type Refused } from "../../../shared/errors.ts";
import { NOT_STARTED, refusal, RPC, type Answer, type RpcError } from "../../../shared/jsonrpc.ts";
import type { SendOutcome } from "../../../shared/outcome.ts";
import { quotaSaidSchema } from "../../../shared/quotas.ts";
import type { Operation, SendState } from "../store/operation.ts";
import { mayBeTold } from "./operation-row.ts";

/** Times in ms since the epoch. */
export interface OperationView {
  readonly operation: string;
  readonly idempotency_key: string | null;
  readonly method: string;
  /** `queued`: not yet given to the Mac, and may be cancelled. `open`: the Mac has it. */
  readonly state: "queued" | "open" | "settled";
  readonly outcome: SendOutcome | null;
  /** Whether it will stay so: an unknown outcome may still be told by Messages. */
  readonly final: boolean;
  readonly guid: string | null;
  /** Of the parts that went out. */
  readonly guids: readonly (string | null)[];
  readonly delivered: number;
  readonly parts: number;
  /** What Messages says of it: that of the part that came least far. */
  readonly status: SendState;
  /** Whether that is still asked for. */
  readonly followed: boolean;
  readonly chat: string | null;
  /** `rule`: of the Mac's owner, where that is what forbade it. */
  readonly error: Pick<Refused, "code" | "detail" | "rule"> | null;
  readonly created_at: number;
  readonly expires_at: number;
  readonly settled_at: number | null;
}

export function viewOf(operation: Operation): OperationView {
  const { id, idempotency_key: key, method, guids, parts, settled, journal, chat } = operation;
  const outcome = settled?.outcome ?? null;
  return {
    operation: id,
    idempotency_key: key === null || key.startsWith(" ") ? null : key,
    method,
    state: settled !== null ? "settled" : journal === "" ? "queued" : "open",
    outcome,
    final: outcome !== null && (outcome !== "unknown" || !mayBeTold(operation)),
    guid: guids[0] ?? null,
    guids,
    delivered: guids.length,
    parts,
    status: statusOf(operation),
    followed: operation.look_at !== null,
    chat,
    error: whyNot(operation),
    created_at: operation.created_at,
    expires_at: operation.deadline,
    settled_at: settled?.at ?? null,
  };
}

/** Of what was not sent: the refusal that its sender gets. */
export function refusedOf(operation: Operation): Refused {
  const { id, guids, parts } = operation;
  const why = whyNot(operation) ?? { code: "internal" };
  return { ...why, operation: id, outcome: "not_sent", delivered: guids.length, parts };
}

const ORDER: readonly SendState[] = ["failed", null, "sent", "delivered"];

const statusOf = ({ states }: Operation): SendState => ORDER.find((state) => states.includes(state)) ?? null;

function whyNot({ settled, guids, parts }: Operation): OperationView["error"] {
  if (settled === null || "result" in settled.answer) return null;
  const why = refusalOf(settled.answer.error);
  if (settled.outcome !== "not_sent" || guids.length === 0) return why;
  const cause = why.code === "partly_sent" ? "" : `; then: ${why.detail ?? ERRORS[why.code].sentence}`;
  return { code: "partly_sent", detail: `${guids.length} of ${parts} parts went out${cause}` };
}

/** What a row proved of a message of which the rest was never begun. */
export const partlySent = (delivered: number, parts: number): Answer =>
  refusal("partly_sent", {
    ...NOT_STARTED,
    retry_safe: false,
    detail: `${delivered} of ${parts} parts went out`,
  });

/** Of a setting of agent.jsonc. */
const MAX_RULE_CHARS = 50;

const CODES = new Map<number, ErrorCode>([
  ...ERROR_CODES.map((code) => [ERRORS[code].rpc, code] as const),
  // imsg's own words for the same.
  [RPC.busy, "rate_limited"],
  [RPC.database_unavailable, "messages_unavailable"],
]);

export function refusalOf({ code, message, data }: RpcError): Refused {
  const known = CODES.get(code);
  const detail = detailOf(data);
  const more = { ...retryAfter(data), ...ruleOf(data) };
  if (known !== undefined) return { code: known, ...(detail === undefined ? {} : { detail }), ...more };
  return {
    code: "unsupported",
    detail: `Messages refused it: ${message}${detail === undefined ? "" : ` (${detail})`}`,
  };
}

function detailOf(data: unknown): string | undefined {
  if (typeof data === "string") return data;
  if (typeof data !== "object" || data === null) return undefined;
  const said = "detail" in data ? data.detail : "reason" in data ? data.reason : undefined;
  return typeof said === "string" ? said : undefined;
}

function ruleOf(data: unknown): { rule?: string } {
  const isSaid = typeof data === "object" && data !== null && "rule" in data;
  return isSaid && typeof data.rule === "string" ? { rule: data.rule.slice(0, MAX_RULE_CHARS) } : {};
}

const waitSchema = z.object({
  retry_after_s: z.number().exactOptional(),
  quota: quotaSaidSchema.exactOptional(),
});

const retryAfter = (data: unknown): Pick<Refused, "retry_after_s" | "quota"> =>
  waitSchema.safeParse(data).data ?? {};
