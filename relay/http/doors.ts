// The tunnel and the link: the two doors that become WebSockets, and the one-shot form of the tunnel.
import * as z from "zod";
import { RelayError, type ErrorCode, ERRORS } from "../../shared/errors.ts";
import { parseJson } from "../../shared/json.ts";
import { encodeAnswer, invalidRequest, readIncoming, unreadable } from "../../shared/jsonrpc.ts";
import { MAX_REQUEST_BYTES } from "../../shared/limits.ts";
import { callerHeaders, CLIENT_HEADER } from "../api.ts";
import { accountObject } from "../objects.ts";
import { callerOf, openParam, readText, valueOf, type App, type Ctx } from "./context.ts";

const clientSchema = z
  .string()
  .regex(/^[\w-]{1,64}$/)
  .optional();

export function doorRoutes(app: App): void {
  app.get("/v1/accounts/:account/agent", async (c) => {
    const account = openParam(c, "acc", c.req.param("account"));
    return upgrade(c, accountObject(c.env, account), "/agent", {});
  });

  app.get("/v1/accounts/:account/rpc", async (c) => {
    const account = openParam(c, "acc", c.req.param("account"));
    const caller = callerHeaders(callerOf(c, account));
    const client = clientSchema.safeParse(c.req.query("client"));
    if (!client.success) throw new RelayError("invalid_request", "client: 1 to 64 letters, digits, - or _");
    const named = client.data === undefined ? caller : { ...caller, [CLIENT_HEADER]: client.data };
    return upgrade(c, accountObject(c.env, account), "/rpc", named);
  });

  app.post("/v1/accounts/:account/rpc", async (c) => {
    const account = openParam(c, "acc", c.req.param("account"));
    const caller = callerOf(c, account);
    const json = parseJson(await readText(c, MAX_REQUEST_BYTES));
    if (!json.ok) return rpcJson(encodeAnswer(null, unreadable(json.error)));
    const incoming = readIncoming(json.value);
    if (incoming.kind === "invalid") return rpcJson(encodeAnswer(incoming.id, invalidRequest(incoming.why)));
    if (incoming.kind !== "request")
      return rpcJson(encodeAnswer(null, invalidRequest("a request with an id is needed")));
    const { request } = incoming;
    const key = c.req.header("idempotency-key");
    const keyed = key === undefined ? request : { ...request, idempotency_key: key };
    return rpcJson(encodeAnswer(request.id, valueOf(await accountObject(c.env, account).rpc(caller, keyed))));
  });
}

const rpcJson = (text: string): Response =>
  new Response(text, { headers: { "content-type": "application/json" } });

const REFUSALS: readonly ErrorCode[] = ["unauthenticated", "forbidden", "not_found", "rate_limited"];

/** The request is made anew: what the object believes of the caller comes from here alone. */
async function upgrade(
  c: Ctx,
  object: { fetch(request: Request): Promise<Response> },
  path: "/agent" | "/rpc",
  caller: Record<string, string>,
): Promise<Response> {
  if (c.req.header("upgrade")?.toLowerCase() !== "websocket") {
    return new Response("This is a WebSocket.\n", { status: 426, headers: { upgrade: "websocket" } });
  }
  const headers = new Headers({ ...caller, upgrade: "websocket" });
  const protocols = c.req.header("sec-websocket-protocol");
  if (protocols !== undefined) headers.set("sec-websocket-protocol", protocols);
  const response = await object.fetch(new Request(`https://object${path}`, { headers }));
  if (response.status === 101) return response;
  throw new RelayError(REFUSALS.find((code) => ERRORS[code].status === response.status) ?? "internal");
}
