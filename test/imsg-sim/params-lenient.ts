import { JsonNumber, type JsonObject, type JsonValue } from "./json-parse.ts";
import { invalidParams, internalError } from "./rpc-failure.ts";
import { parseStamp, type MessageFilter } from "./message-filter.ts";

/** What 0.9 makes of params: it coerces everything and refuses next to nothing [02, 04]. */

const INT64_MAX = 2 ** 63;

/** "2", 2.7, true are 2, 2, 1; beyond 64 bits the least integer (so that a limit becomes 1). */
export function intOf(value: JsonValue | undefined): number | undefined {
  if (typeof value === "boolean") return value ? 1 : 0;
  if (typeof value === "string") return /^[+-]?\d+$/.test(value) ? Number(value) : undefined;
  if (!(value instanceof JsonNumber)) return undefined;
  return Math.abs(value.value) > INT64_MAX ? -INT64_MAX : Math.trunc(value.value);
}

export function stringOf(value: JsonValue | undefined): string | undefined {
  if (typeof value === "string") return value;
  return value instanceof JsonNumber ? value.text : undefined;
}

/** "yes" silently means false [04]. */
export function boolOf(value: JsonValue | undefined): boolean {
  if (typeof value === "boolean") return value;
  return value instanceof JsonNumber ? value.value !== 0 : value === "true";
}

/** An array or a comma string; what is no string or number is left out. */
export function stringsOf(value: JsonValue | undefined): readonly string[] {
  if (Array.isArray(value)) return value.flatMap((item: JsonValue) => stringOf(item) ?? []);
  return (stringOf(value) ?? "")
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
}

export function debounceOf(params: JsonObject): number {
  const value = params["debounce_ms"];
  if (value === undefined) return 500;
  const ms = value instanceof JsonNumber ? value.value : Number.NaN;
  if (!(ms >= 0)) throw invalidParams("debounce_ms must be a non-negative integer");
  return ms;
}

export function filterOf(params: JsonObject): MessageFilter {
  return {
    participants: stringsOf(params["participants"]),
    from: dateOf(params["start"]),
    until: dateOf(params["end"]),
  };
}

/** -32603 here, -32602 in newer imsg. */
function dateOf(value: JsonValue | undefined): number | undefined {
  const text = stringOf(value);
  if (text === undefined) return undefined;
  const epoch = parseStamp(text);
  if (epoch === undefined) throw internalError(`Invalid ISO8601 date: ${text}`);
  return epoch;
}
