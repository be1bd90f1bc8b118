import { isObject, JsonNumber, type JsonObject, type JsonValue } from "./json-parse.ts";
import { parseStamp, type MessageFilter } from "./message-filter.ts";
import { BAD_PARAMS } from "./request.ts";
import { invalidParams } from "./rpc-failure.ts";

/** Exact, because the digits of 2^63 do not fit a double. */
const INT64 = { least: -(2n ** 63n), most: 2n ** 63n - 1n };

export type ChatSelector =
  | { readonly by: "chat_id"; readonly id: number }
  | { readonly by: "chat_identifier" | "chat_guid"; readonly name: string };

// Spellings that mean the same; two of a line in one call are refused.
export const CHAT_KEYS = ["chat_id", "chat_identifier", "chat_guid"] as const;
export const REPLY_KEYS = ["reply_to", "replyTo", "reply_to_guid", "message_guid"] as const;
export const MESSAGE_KEYS = ["message_id", "messageId", "message_guid", "messageGuid", "message"] as const;
export const PART_KEYS = ["part_index", "partIndex"] as const;

/** Names the alphabetically first key that the method does not know. */
export function checkKeys(method: string, values: JsonObject, keys: readonly string[]): void {
  if (values === BAD_PARAMS) throw invalidParams("params must be an object");
  const unknown = Object.keys(values)
    .filter((key) => !keys.includes(key))
    .sort()[0];
  if (unknown !== undefined) throw invalidParams(`unknown ${method} param: ${unknown}`);
}

/** Params of 0.15: an unknown key, a wrong type, two aliases of one key are -32602. */
export class StrictParams {
  readonly #values: JsonObject;

  constructor(method: string, values: JsonObject, keys: readonly string[]) {
    checkKeys(method, values, keys);
    this.#values = values;
  }

  has(key: string): boolean {
    return Object.hasOwn(this.#values, key);
  }

  string(...keys: readonly string[]): string | undefined {
    return this.#typed(keys, "a string", (value) => (typeof value === "string" ? value : undefined));
  }

  /** 1.5, 1.0, "1", true and anything beyond 64 bits are no integers. */
  integer(...keys: readonly string[]): number | undefined {
    return this.#typed(keys, "an integer", (value) => {
      if (!(value instanceof JsonNumber) || !/^-?\d+$/.test(value.text)) return undefined;
      const exact = BigInt(value.text);
      return exact < INT64.least || exact > INT64.most ? undefined : Number(exact);
    });
  }

  boolean(...keys: readonly string[]): boolean | undefined {
    return this.#typed(keys, "a boolean", (value) => (typeof value === "boolean" ? value : undefined));
  }

  strings(...keys: readonly string[]): readonly string[] | undefined {
    return this.#typed(keys, "an array of strings", (value) => {
      if (!Array.isArray(value)) return undefined;
      const texts = value.filter((item: JsonValue) => typeof item === "string");
      return texts.length === value.length ? texts : undefined;
    });
  }

  objects(...keys: readonly string[]): readonly JsonObject[] | undefined {
    return this.#typed(keys, "an array of objects", (value) =>
      Array.isArray(value) && value.every((item: JsonValue) => isObject(item)) ? value : undefined,
    );
  }

  /** 0 and -1 are integers, but no ids and no limits. */
  positive(key: string): number | undefined {
    const value = this.integer(key);
    if (value !== undefined && value <= 0) throw invalidParams(`${key} must be a positive integer`);
    return value;
  }

  /** The message names the first spelling, whichever was used. */
  between(least: number, most: number, fallback: number, ...keys: readonly string[]): number {
    const value = this.integer(...keys) ?? fallback;
    if (value < least || value > most) {
      throw invalidParams(`${keys[0] ?? ""} must be an integer between ${least} and ${most}`);
    }
    return value;
  }

  /** A bad date is -32602 here, -32603 in 0.9. */
  filter(): MessageFilter {
    return {
      participants: this.strings("participants") ?? [],
      from: this.#date("start"),
      until: this.#date("end"),
    };
  }

  /** Exactly one way to name a chat. */
  chat(): ChatSelector {
    const supplied = CHAT_KEYS.filter((key) => this.has(key));
    const [by] = supplied;
    if (by === undefined || supplied.length > 1) {
      throw invalidParams("exactly one of chat_id, chat_identifier, or chat_guid is required");
    }
    if (by === "chat_id") return { by, id: this.positive("chat_id") ?? 0 };
    const name = this.string(by) ?? "";
    if (name === "") throw invalidParams(`${by} must be a non-empty string`);
    return { by, name };
  }

  recipientOrChat(): ChatSelector | { readonly by: "to"; readonly to: string } {
    if (!this.has("to")) return this.chat();
    if (CHAT_KEYS.some((key) => this.has(key)))
      throw invalidParams("use to or exactly one chat selector; not both");
    const to = this.string("to") ?? "";
    if (to === "") throw invalidParams("to must be a non-empty string");
    return { by: "to", to };
  }

  messageGuid(): string {
    const guid = (this.string(...MESSAGE_KEYS) ?? "").trim();
    if (guid === "") throw invalidParams("message_id or message_guid is required");
    return guid;
  }

  #date(key: string): number | undefined {
    const text = this.string(key);
    if (text === undefined) return undefined;
    const epoch = parseStamp(text);
    if (epoch === undefined) throw invalidParams(`Invalid ISO8601 date: ${text}`);
    return epoch;
  }

  /** Null is refused by name: it is neither absent nor of the wrong type. */
  #typed<T>(keys: readonly string[], kind: string, read: (value: JsonValue) => T | undefined): T | undefined {
    const supplied = keys.filter((key) => this.has(key));
    const [key] = supplied;
    if (supplied.length > 1) throw invalidParams(`use only one of ${keys.join(", ")}`);
    if (key === undefined) return undefined;
    const value = this.#values[key];
    if (value === null || value === undefined) throw invalidParams(`${key} must not be null`);
    const typed = read(value);
    if (typed === undefined) throw invalidParams(`${key} must be ${kind}`);
    return typed;
  }
}
