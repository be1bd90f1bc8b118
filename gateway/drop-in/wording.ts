import type { Answer, RpcError } from "../../shared/jsonrpc.ts";

/**
 * Phrases that a gateway takes for a signal and acts upon: it starts `launch`, or it sends the same thing again by
 * another way, which after dispatch would send it twice. An error may mean the same, it must not say it in these
 * words. `reply_to requires bridge transport` is not among them: where imsg says it, the gateway is right to act.
 */
const SIGNALS: readonly (readonly [RegExp, string])[] = [
  [/timed out waiting for response/gi, "no response in time"],
  [/private[ -]api bridge/gi, "advanced bridge"],
  [/run [`'"]?imsg launch[`'"]?/gi, "start the bridge on the Mac"],
  [/unknown (sub)?command/gi, "unsupported command"],
];

/** The answer with its error texts reworded; results pass untouched, whatever they say. */
export function reword(answer: Answer): Answer {
  return "error" in answer ? { error: rewordError(answer.error) } : answer;
}

export function rewordError(error: RpcError): RpcError {
  const { code, message, data } = error;
  const reworded = { code, message: rewordText(message) };
  return data === undefined ? reworded : { ...reworded, data: rewordValue(data) };
}

function rewordValue(value: unknown): unknown {
  if (typeof value === "string") return rewordText(value);
  if (Array.isArray(value)) return value.map(rewordValue);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, rewordValue(member)]));
}

export function rewordText(text: string): string {
  let reworded = text;
  for (const [signal, instead] of SIGNALS) reworded = reworded.replace(signal, instead);
  return reworded;
}
