// The floor: what two WebSockets through one hibernating object cost in this runtime when nothing is done with the
// messages. The classes carry the names that host/workerd.ts binds, so that both run under one configuration.
import { DurableObject } from "cloudflare:workers";

const HEARTBEAT = new WebSocketRequestResponsePair("ping", "pong");

export class AccountObject extends DurableObject {
  constructor(ctx, env) {
    super(ctx, env);
    ctx.setWebSocketAutoResponse(HEARTBEAT);
  }

  async fetch(request) {
    const side = new URL(request.url).searchParams.get("side") ?? "near";
    const pair = new WebSocketPair();
    this.ctx.acceptWebSocket(pair[1], [side]);
    return new Response(null, { status: 101, webSocket: pair[0] });
  }

  /** What one side says, the other hears. */
  async webSocketMessage(socket, message) {
    const [side] = this.ctx.getTags(socket);
    for (const other of this.ctx.getWebSockets(side === "near" ? "far" : "near")) other.send(message);
  }
}

export class TenantObject extends DurableObject {}

export default {
  fetch(request, env) {
    const name = new URL(request.url).searchParams.get("object") ?? "one";
    return env.ACCOUNTS.get(env.ACCOUNTS.idFromName(name)).fetch(request);
  },
};
