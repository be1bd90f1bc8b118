// What the relay says of a WebSocket that it does not open. Browsers show nothing of it: there a ticket is asked for
// before (EVT10), and that request is refused in the same words.
import { CLOSE, readHeldReason } from "../../shared/close.ts";
import { ERRORS, type ErrorCode } from "../../shared/errors.ts";
import { parseJson } from "../../shared/json.ts";
import { MAX_REFUSAL_BYTES } from "../limits.ts";
import { readProblem, type ClientError } from "./client-error.ts";
import type { SocketEnd, UpgradeRefusal } from "./socket.ts";

/** Undefined = nothing that a relay says, or not all of it came. */
export async function readUpgradeRefusal(
  status: number,
  body: AsyncIterable<Uint8Array> | null | undefined,
): Promise<UpgradeRefusal | undefined> {
  const decoder = new TextDecoder();
  let text = "";
  let bytes = 0;
  try {
    for await (const chunk of body ?? []) {
      bytes += chunk.byteLength;
      if (bytes > MAX_REFUSAL_BYTES) return undefined;
      text += decoder.decode(chunk, { stream: true });
    }
  } catch {
    return undefined;
  }
  const json = parseJson(text + decoder.decode());
  return refusalOf(readProblem(status, null, json.ok ? json.value : undefined));
}

/** Undefined = what refused was no relay. */
export function refusalOf({ code, message }: ClientError): UpgradeRefusal | undefined {
  if (!isRelaysCode(code)) return undefined;
  return { code, detail: message === ERRORS[code].sentence ? undefined : message };
}

const isRelaysCode = (code: string): code is ErrorCode => Object.hasOwn(ERRORS, code);

/**
 * TEN4, TEN7: shut out for a while, whether a socket was closed for it or not opened; undefined = it is something
 * else. The reason is the operator's own text.
 */
export function heldOf({ code, reason, refusal }: SocketEnd): { code: ErrorCode; why: string } | undefined {
  const held = code === CLOSE.held ? readHeldReason(reason) : undefined;
  if (held !== undefined) return { code: held.code, why: heldWords(held.code, held.reason) };
  if (refusal?.code !== "tenant_suspended" && refusal?.code !== "account_paused") return undefined;
  return { code: refusal.code, why: heldWords(refusal.code, refusal.detail ?? null) };
}

function heldWords(code: "tenant_suspended" | "account_paused", reason: string | null): string {
  const said = reason === null ? "" : ` (${reason.replaceAll(/\p{Cc}/gu, "?")})`;
  return `${ERRORS[code].sentence.slice(0, -1)}${said}. Nothing is lost meanwhile.`;
}
