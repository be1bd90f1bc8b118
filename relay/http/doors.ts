// The tunnel and the link: doors that become WebSockets, and the one-shot form of the tunnel.
import * as z from "zod";
import { ERRORS, RelayError, type ErrorCode } from "../../shared/errors.ts";
import { accountName } from "../../shared/ids.ts";
import { parseJson } from "../../shared/json.ts";
import { encodeAnswer, invalidRequest, readIncoming, unreadable } from "../../shared/jsonrpc.ts";
import { MAX_REQUEST_BYTES } from "../../shared/limits.ts";
import { quotaSaidSchema } from "../../shared/quotas.ts";
import type { AccountApi } from "../api.ts";
import { comerOf, doorHeaders, type DoorRequest } from "../doors.ts";
import { accountObject } from "../objects.ts";
import {
  callerOf,
  callersName,
  guessed,
  openParam,
  readQuery,
  readText,
  refusalOf,
  unasked,
  valueOf,
  type App,
  type Ctx,
  type Opened,
} from "./context.ts";

/** Whether attachments in results are to carry what they are asked for by (ATT1). */
const postQuerySchema = z.object({ references: z.enum(["true", "false"]).optional() });
const rpcQuerySchema = z.object({ client: callersName.optional() });

export function doorRoutes(app: App): void {
  app.get("/v1/accounts/:account/agent", async (c) => {
    const account = openParam(c, "acc", c.req.param("account"));
    c.get("rates").knock("agent", account);
    return upgrade(c, accountObject(c.env, account), { name: "agent" });
  });

  app.get("/v1/accounts/:account/rpc", async (c) => {
    const account = openParam(c, "acc", c.req.param("account"));
    const comer = comerTo(c, account);
    const { client } = readQuery(c, rpcQuerySchema);
    const door = { name: "rpc", ...comer, client: client ?? null } as const;
    return upgrade(c, accountObject(c.env, account), door);
  });

  app.post("/v1/accounts/:account/rpc", async (c) => {
    const account = openParam(c, "acc", c.req.param("account"));
    const caller = callerOf(c, account);
    const references = readQuery(c, postQuerySchema).references === "true";
    const json = parseJson(await readText(c, MAX_REQUEST_BYTES));
    if (!json.ok) return unasked(c, rpcJson(encodeAnswer(null, unreadable(json.error))));
    const incoming = readIncoming(json.value);
    if (incoming.kind === "invalid")
      return unasked(c, rpcJson(encodeAnswer(incoming.id, invalidRequest(incoming.why))));
    if (incoming.kind !== "request")
      return unasked(c, rpcJson(encodeAnswer(null, invalidRequest("a request with an id is needed"))));
    const { request } = incoming;
    const key = c.req.header("idempotency-key");
    const keyed = key === undefined ? request : { ...request, idempotency_key: key };
    const answer = valueOf(
      await accountObject(c.env, account).ask(caller, "rpc", { request: keyed, references }),
    );
    return rpcJson(encodeAnswer(request.id, answer));
  });
}

const rpcJson = (text: string): Response =>
  new Response(text, { headers: { "content-type": "application/json" } });

/** By key, or by a ticket (EVT10), which is for this account or for nobody. */
export function comerTo(c: Ctx, account: Opened<"acc">): ReturnType<typeof comerOf> {
  const ticket = c.req.query("ticket");
  if (ticket === undefined) {
    const caller = callerOf(c, account);
    // The operator manages, and reads nobody's messages.
    if (caller.kind === "operator") throw new RelayError("forbidden");
    return comerOf(caller);
  }
  const opened = openParam(c, "tic", ticket, "unauthenticated");
  if (accountName(opened) !== accountName(account)) throw guessed(c, "unauthenticated");
  c.get("rates").knock("ticket", account);
  return comerOf({ kind: "ticket", ticket });
}

export async function upgrade(c: Ctx, object: AccountApi, door: DoorRequest): Promise<Response> {
  if (c.req.header("upgrade")?.toLowerCase() !== "websocket") {
    return new Response("This is a WebSocket.\n", { status: 426, headers: { upgrade: "websocket" } });
  }
  return knock(object, door, c.req.header("sec-websocket-protocol"));
}

const refusedSchema = z.object({
  code: z.string(),
  detail: z.string().optional(),
  retry_after_s: z.number().exactOptional(),
  quota: quotaSaidSchema.exactOptional(),
});

/** The 101 of the account's object; throws its refusal. */
export async function knock(
  object: AccountApi,
  door: DoorRequest,
  protocols: string | undefined,
): Promise<Response> {
  const response = await object.fetch(
    new Request("https://object/", { headers: doorHeaders(door, protocols) }),
  );
  if (response.status === 101) return response;
  const said = refusedSchema.safeParse(await response.json().catch(() => undefined));
  const { code, detail, ...more } = said.data ?? { code: "internal" };
  throw refusalOf({
    code: isCode(code) ? code : "internal",
    ...(detail === undefined ? {} : { detail }),
    ...more,
  });
}

const isCode = (code: string): code is ErrorCode => Object.hasOwn(ERRORS, code);
