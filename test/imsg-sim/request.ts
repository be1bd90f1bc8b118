import { isObject, JsonNumber, parseJson, type JsonObject, type JsonValue } from "./json-parse.ts";
import { invalidRequest, parseError, type RpcFailure } from "./rpc-failure.ts";

export interface Request {
  readonly method: string;
  readonly params: JsonObject;
  /** Undefined: a notification. `"id": null` is a request and gets an answer with id null [03]. */
  readonly id: JsonValue | undefined;
}

export interface Refusal {
  readonly failure: RpcFailure;
  readonly id: JsonValue | undefined;
}

/** 0.9: `jsonrpc` may be missing or no string, any id goes, params of another type count as absent. */
export function parseLenient(line: string): Request | Refusal {
  const value = parseObject(line);
  if ("failure" in value) return value;
  const { object } = value;
  const id = object["id"];
  const refuse = (data: string): Refusal => ({ failure: invalidRequest(data), id });
  if (typeof object["jsonrpc"] === "string" && object["jsonrpc"] !== "2.0")
    return refuse("jsonrpc must be 2.0");
  const method = object["method"];
  if (typeof method !== "string" || method === "") return refuse("method is required");
  const params = object["params"];
  return { method, params: isObject(params) ? params : {}, id };
}

/** 0.15: JSON-RPC 2.0 to the letter. */
export function parseStrict(line: string): Request | Refusal {
  const value = parseObject(line);
  if ("failure" in value) return value;
  const { object } = value;
  const id = object["id"];
  const idIsValid = id === undefined || id === null || typeof id === "string" || id instanceof JsonNumber;
  if (!idIsValid) return { failure: invalidRequest("id must be a string, number, or null"), id: null };
  const refuse = (data: string): Refusal => ({ failure: invalidRequest(data), id });
  if (object["jsonrpc"] !== "2.0") return refuse("jsonrpc must be 2.0");
  const method = object["method"];
  if (typeof method !== "string" || method === "") return refuse("method is required");
  const params = object["params"];
  if (params === undefined) return { method, params: {}, id };
  return { method, params: isObject(params) ? params : BAD_PARAMS, id };
}

/** Stands for `params` that are present and no object: refused with -32602 where they are read. */
export const BAD_PARAMS: JsonObject = Object.freeze({});

function parseObject(line: string): { readonly object: JsonObject } | Refusal {
  const value = parseJson(line);
  // A bare scalar is no JSON to Foundation: -32700; an array is a request of the wrong type [05].
  if (Array.isArray(value)) return { failure: invalidRequest("request must be an object"), id: null };
  return isObject(value) ? { object: value } : { failure: parseError(), id: null };
}
