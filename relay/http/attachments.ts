// Attachments over HTTP (docs/protocol.md, ATT rules). Bodies pass through to the account's object untouched.
import * as z from "zod";
import { readContentDisposition } from "../../shared/content-disposition.ts";
import { RelayError } from "../../shared/errors.ts";
import { accountName, openId } from "../../shared/ids.ts";
import { ATTACHMENT_PART_BYTES } from "../../shared/limits.ts";
import { fileDoorHeaders, refusedOf, type FileDoor } from "../account/attachments/file-door.ts";
import { isLink, MAX_REFERENCE_CHARS, openLinked } from "../account/attachments/reference.ts";
import { accountObject } from "../objects.ts";
import { unseal } from "../sealed.ts";
import { askedOf } from "./asked.ts";
import { callerOf, guessed, openParam, readQuery, refusalOf, type App, type Ctx } from "./context.ts";

const MAX_HEADER_CHARS = 500;
const UNNAMED = "attachment";

const number = z
  .string()
  .regex(/^[0-9]{1,15}$/, "must be a number of bytes")
  .transform(Number);
const newSchema = z.object({
  name: z.string().min(1).max(MAX_HEADER_CHARS).optional(),
  size: number.optional(),
});
const moreSchema = z.object({ offset: number });
const bringSchema = z.object({ offset: number });

export function attachmentRoutes(app: App): void {
  app.get("/v1/accounts/:account/attachments/:reference", (c) =>
    referenceOf(c).startsWith("stg_") ? howFar(c) : download(c),
  );
  app.post("/v1/accounts/:account/attachments", async (c) => {
    const caller = keyOf(c);
    const length = lengthOf(c);
    const { name, size } = readQuery(c, newSchema);
    const said = readContentDisposition(c.req.header("content-disposition") ?? "")?.name;
    const file = name ?? said ?? UNNAMED;
    // No file system has such names, and no frame of the link takes them.
    if (file.length > MAX_HEADER_CHARS) throw new RelayError("invalid_request", "the name is too long");
    const wish = { reference: null, file, size: size ?? length, offset: 0, length };
    return pass(c, { name: "upload", caller, ...wish }, 201);
  });
  app.put("/v1/accounts/:account/attachments/:reference", async (c) => {
    const caller = keyOf(c);
    const length = lengthOf(c);
    const { offset } = readQuery(c, moreSchema);
    const wish = { reference: referenceOf(c), file: null, size: 0, offset, length };
    return pass(c, { name: "upload", caller, ...wish });
  });
  app.get("/v1/accounts/:account/transfers/:transfer", async (c) =>
    c.json(await askedOf(c).ask("transfer", c.req.param("transfer"))),
  );

  // The Mac's own; the transfer's name is the credential.
  app.post("/v1/accounts/:account/agent/transfers/:transfer", async (c) => {
    const { offset } = readQuery(c, bringSchema);
    const length = lengthOf(c);
    const transfer = transferOf(c);
    return transfer === undefined ? neverBegun() : pass(c, { name: "bring", transfer, offset, length });
  });
  app.get("/v1/accounts/:account/agent/transfers/:transfer", async (c) => {
    const transfer = transferOf(c);
    return transfer === undefined ? neverBegun() : pass(c, { name: "fetch", transfer });
  });
}

async function download(c: Ctx): Promise<Response> {
  const header = (name: string): string | null => c.req.header(name)?.slice(0, MAX_HEADER_CHARS) ?? null;
  const conditions = {
    range: header("range"),
    if_range: header("if-range"),
    if_none_match: header("if-none-match"),
  };
  const head = c.req.raw.method === "HEAD";
  const reference = referenceOf(c);
  // A link is asked for by whoever was given it, with a key of something else perhaps, and never by it.
  const caller = isLink(reference) ? null : keyOf(c);
  if (caller === null) refuseMadeUp(c, reference);
  return pass(c, { name: "download", caller, reference, head, ...conditions });
}

/** A link that this relay never made, or whose time is over, wakes nobody: the seal says so by itself. */
function refuseMadeUp(c: Ctx, link: string): void {
  const account = openParam(c, "acc", c.req.param("account") ?? "");
  const { secrets } = c.get("config");
  const unsealed = (sealed: string): string | undefined => unseal(secrets, "attachment", account.id, sealed);
  if (openLinked({ unseal: unsealed }, link, Date.now()) === undefined) throw guessed(c, "not_found");
  c.get("rates").knock("link", account);
}

/** Undefined = a name that no transfer of this account ever had. */
function transferOf(c: Ctx): string | undefined {
  const account = openParam(c, "acc", c.req.param("account") ?? "");
  const opened = openId("tra", c.req.param("transfer") ?? "", c.get("config").secrets.macOf);
  if (opened === undefined || accountName(opened) !== accountName(account)) {
    const refused = guessed(c, "gone");
    if (refused.code === "rate_limited") throw refused;
    return undefined;
  }
  c.get("rates").knock("transfer", account);
  return opened.id;
}

/** As of one that is over (ID2). */
const neverBegun = (): Response => Response.json({ ok: false }, { status: 410 });

/** Of a file that is being uploaded: where to go on. */
async function howFar(c: Ctx): Promise<Response> {
  const wish = { reference: referenceOf(c), file: null, size: 0, offset: 0, length: null };
  return pass(c, { name: "upload", caller: keyOf(c), ...wish });
}

/** The object's answer, as it streams; throws its refusal. */
async function pass(c: Ctx, door: FileDoor, status?: number): Promise<Response> {
  const account = openParam(c, "acc", c.req.param("account") ?? "");
  const { method, body, signal } = c.req.raw;
  const hasBody = body !== null && method !== "GET" && method !== "HEAD";
  const headers = fileDoorHeaders(door);
  const request = new Request("https://object/", {
    method: hasBody ? "POST" : "GET",
    headers,
    signal,
    ...(hasBody ? { body } : {}),
  });
  const response = await accountObject(c.env, account).fetch(request);
  const refused = refusedOf(response);
  if (refused !== undefined) throw refusalOf(refused);
  // Its headers cannot be changed, and each answer is given the request's id.
  return new Response(response.body, { status: status ?? response.status, headers: response.headers });
}

function keyOf(c: Ctx) {
  const caller = callerOf(c, openParam(c, "acc", c.req.param("account") ?? ""));
  // The operator manages, and reads nobody's files.
  if (caller.kind === "operator") throw new RelayError("forbidden");
  return { key: caller.key, secret_hash: caller.secret_hash };
}

function referenceOf(c: Ctx): string {
  const reference = c.req.param("reference") ?? "";
  if (reference === "" || reference.length > MAX_REFERENCE_CHARS) throw new RelayError("not_found");
  return reference;
}

/** Of the body, which has one: without it a body that breaks off looks like a short one. */
function lengthOf(c: Ctx): number {
  const text = c.req.header("content-length");
  const length = Number(text);
  // In chunks, the body is as long as it is, whatever stands beside it (RFC 9112 §6.3).
  const isInChunks = c.req.header("transfer-encoding") !== undefined;
  if (text === undefined || isInChunks || !/^[0-9]+$/.test(text) || !Number.isSafeInteger(length))
    throw new RelayError("length_required");
  if (length > ATTACHMENT_PART_BYTES) {
    const detail = "longer files go in parts (PUT …/attachments/{attachment}?offset=)";
    throw new RelayError("too_large", detail, { size: length, cap: ATTACHMENT_PART_BYTES });
  }
  return length;
}
