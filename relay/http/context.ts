// What every route has at hand, and the two things each begins with: who asks, and about what.
import type { Context, Hono } from "hono";
import * as z from "zod";
import { RelayError } from "../../shared/errors.ts";
import { equalBytes, openId, type IdKind, type IdParts, type Id, type KeyId } from "../../shared/ids.ts";
import { parseJson } from "../../shared/json.ts";
import { MAX_ADMIN_BODY_BYTES } from "../../shared/limits.ts";
import type { Result } from "../../shared/result.ts";
import type { ErrorCode, Refused } from "../../shared/errors.ts";
import type { Caller } from "../account/ports.ts";
import type { RelayConfig, RelayEnv } from "../env.ts";
import { sameSecret, sha256 } from "../secrets.ts";

export interface Vars {
  requestId: string;
  config: RelayConfig;
}
export type App = Hono<{ Bindings: RelayEnv; Variables: Vars }>;
export type Ctx = Context<{ Bindings: RelayEnv; Variables: Vars }>;

export type Opened<K extends IdKind> = IdParts & { readonly id: Id<K> };

/** What a caller may call a consumer (EVT8), or a client of the tunnel (RPC16). */
export const callersName = z.string().regex(/^[\w-]{1,64}$/, "1 to 64 letters, digits, - or _");

/** ID2: an id that was never issued is answered as one that is gone, before any object is touched. */
export function openParam<K extends IdKind>(
  c: Ctx,
  kind: K,
  text: string,
  otherwise: ErrorCode = "not_found",
): Opened<K> {
  const opened = openId(kind, text, c.get("config").secrets.macOf);
  if (opened === undefined) throw new RelayError(otherwise);
  return opened;
}

const BEARER = /^Bearer ([\x21-\x7e]{1,500})$/;

/** The operator, or the holder of a key whose id was issued for this tenant. The secret is checked by the object. */
export function callerOf(c: Ctx, about: IdParts): Caller {
  const bearer = BEARER.exec(c.req.header("authorization") ?? "")?.[1];
  if (bearer === undefined) throw new RelayError("unauthenticated");
  const request_id = c.get("requestId");
  if (sameSecret(bearer, c.get("config").operatorKey)) return { kind: "operator", request_id };
  const dot = bearer.indexOf(".");
  const [id, secret] = [bearer.slice(0, dot), bearer.slice(dot + 1)];
  const key = openId("key", id, c.get("config").secrets.macOf);
  if (key === undefined) throw new RelayError("unauthenticated");
  // Another tenant's things do not exist for this key.
  if (!equalBytes(key.tenant, about.tenant)) throw new RelayError("not_found");
  return { kind: "key", key: key.id satisfies KeyId, secret_hash: sha256(secret), request_id };
}

export function requireOperator(c: Ctx): Caller & { readonly kind: "operator" } {
  const bearer = BEARER.exec(c.req.header("authorization") ?? "")?.[1];
  if (bearer === undefined) throw new RelayError("unauthenticated");
  if (sameSecret(bearer, c.get("config").operatorKey))
    return { kind: "operator", request_id: c.get("requestId") };
  const known = openId("key", bearer.split(".", 1)[0] ?? "", c.get("config").secrets.macOf);
  throw new RelayError(known === undefined ? "unauthenticated" : "forbidden");
}

/** The text of a body, at most `limit` bytes; the declared length is believed only where it refuses. */
export async function readText(c: Ctx, limit: number): Promise<string> {
  const tooLarge = (): RelayError => new RelayError("too_large", `at most ${limit} bytes`);
  if (Number(c.req.header("content-length") ?? 0) > limit) throw tooLarge();
  const decoder = new TextDecoder();
  let bytes = 0;
  let text = "";
  for await (const chunk of c.req.raw.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > limit) throw tooLarge();
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}

/** A JSON body by its schema; the refusal names the first wrong field. */
export async function readBody<T>(c: Ctx, schema: z.ZodType<T>, limit = MAX_ADMIN_BODY_BYTES): Promise<T> {
  return parsed(schema, await readJson(c, limit), "body");
}

/** The same, where nothing may be said. */
export async function readBodyOrNothing<T>(c: Ctx, schema: z.ZodType<T>): Promise<T> {
  const text = await readText(c, MAX_ADMIN_BODY_BYTES);
  return parsed(schema, text === "" ? {} : jsonOf(text), "body");
}

export async function readJson(c: Ctx, limit: number): Promise<unknown> {
  return jsonOf(await readText(c, limit));
}

function jsonOf(text: string): unknown {
  const json = parseJson(text);
  if (json.ok) return json.value;
  throw new RelayError(
    "invalid_request",
    json.error === "too_deep" ? "nested too deeply" : "the body is not JSON",
  );
}

/** The query by its schema: every value is a text. */
export const readQuery = <T>(c: Ctx, schema: z.ZodType<T>): T => parsed(schema, c.req.query(), "query");

function parsed<T>(schema: z.ZodType<T>, value: unknown, whole: string): T {
  const read = schema.safeParse(value);
  if (read.success) return read.data;
  const issue = read.error.issues[0];
  throw new RelayError(
    "invalid_request",
    `${issue?.path.join(".") || whole}: ${issue?.message ?? "invalid"}`,
  );
}

/** An expected failure of an object becomes a refusal of this door. */
export function valueOf<T>(result: Result<T, ErrorCode | Refused>): T {
  if (result.ok) return result.value;
  if (typeof result.error === "string") throw new RelayError(result.error);
  const { code, detail, ...more } = result.error;
  throw new RelayError(code, detail, more);
}
