// What every route has at hand, and the two things each begins with: who asks, and about what.
import type { Context, Hono } from "hono";
import * as z from "zod";
import { RelayError } from "../../shared/errors.ts";
import { equalBytes, openId, type IdKind, type IdParts, type Id } from "../../shared/ids.ts";
import { parseJson } from "../../shared/json.ts";
import { MAX_ADMIN_BODY_BYTES } from "../../shared/limits.ts";
import type { Result } from "../../shared/result.ts";
import type { ErrorCode, Refused } from "../../shared/errors.ts";
import type { Caller } from "../account/ports.ts";
import type { RelayConfig, RelayEnv } from "../env.ts";
import { sameSecret, sha256 } from "../secrets.ts";
import type { Claim, Rates } from "./rates.ts";

export interface Vars {
  requestId: string;
  config: RelayConfig;
  rates: Rates;
  /** The key that an object was, or is to be, asked about; absent = no object will have judged it. */
  claim?: Claim | undefined;
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
  if (opened === undefined) throw guessed(c, otherwise);
  return opened;
}

const BEARER = /^Bearer ([\x21-\x7e]{1,500})$/;

type Bearer =
  | { readonly kind: "operator" }
  | { readonly kind: "key"; readonly id: Opened<"key">; readonly secret_hash: string };

/** Undefined = nothing that was ever issued. The secret of a key is not looked at here. */
function bearerOf(c: Ctx): Bearer | undefined {
  const bearer = BEARER.exec(c.req.header("authorization") ?? "")?.[1];
  if (bearer === undefined) return undefined;
  const { operatorKey, secrets } = c.get("config");
  if (sameSecret(bearer, operatorKey)) return { kind: "operator" };
  const dot = bearer.indexOf(".");
  const id = openId("key", bearer.slice(0, dot), secrets.macOf);
  return id === undefined ? undefined : { kind: "key", id, secret_hash: sha256(bearer.slice(dot + 1)) };
}

/** A refusal of what was never issued: those without a key that counts get only so many of them (DOOR3). */
export function guessed(c: Ctx, code: ErrorCode): RelayError {
  const bearer = bearerOf(c);
  const rates = c.get("rates");
  const isKnown =
    bearer?.kind === "operator" || (bearer !== undefined && rates.isProven(bearer.id.id, bearer.secret_hash));
  return isKnown ? new RelayError(code) : rates.guessed(code);
}

/** The operator, or the holder of a key whose id was issued for this tenant. The secret is checked by the object. */
export function callerOf(c: Ctx, about: IdParts): Caller {
  const bearer = bearerOf(c);
  if (bearer === undefined) throw guessed(c, "unauthenticated");
  const request_id = c.get("requestId");
  const rates = c.get("rates");
  if (bearer.kind === "operator") {
    rates.operator();
    return { kind: "operator", request_id };
  }
  const { id: key, secret_hash } = bearer;
  // Another tenant's things do not exist for this key.
  if (!equalBytes(key.tenant, about.tenant)) throw guessed(c, "not_found");
  c.set("claim", rates.claim(key.id, secret_hash));
  return { kind: "key", key: key.id, secret_hash, request_id };
}

/** An answer for which no object was asked: whatever key came with it, it proves none. */
export function unasked(c: Ctx, answer: Response): Response {
  c.set("claim", undefined);
  return answer;
}

export function requireOperator(c: Ctx): Caller & { readonly kind: "operator" } {
  const bearer = bearerOf(c);
  if (bearer?.kind !== "operator") throw guessed(c, bearer === undefined ? "unauthenticated" : "forbidden");
  c.get("rates").operator();
  return { kind: "operator", request_id: c.get("requestId") };
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

/** A refusal that an object made: it has looked at who asks, unless it says that it has nothing, or nobody of that name. */
class ObjectsRefusal extends RelayError {}

/** An expected failure of an object becomes a refusal of this door. */
export function valueOf<T>(result: Result<T, ErrorCode | Refused>): T {
  if (result.ok) return result.value;
  throw refusalOf(typeof result.error === "string" ? { code: result.error } : result.error);
}

export const refusalOf = ({ code, detail, ...more }: Refused): RelayError =>
  new ObjectsRefusal(code, detail, more);

/** Whether the key that came with this request is one, as far as the object behind it has said. */
export function isVouchedFor({ res: { status }, error }: Ctx): boolean | undefined {
  if (status < 400) return true;
  if (!(error instanceof ObjectsRefusal) || error.code === "not_found" || error.code === "internal")
    return undefined;
  return error.code !== "unauthenticated";
}
