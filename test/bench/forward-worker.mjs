// The floor of a transfer: what a body costs in this runtime when a worker only passes it on. The classes carry the
// names that host/workerd.ts binds, so that both run under one configuration.
import { DurableObject } from "cloudflare:workers";

export class AccountObject extends DurableObject {}

export class TenantObject extends DurableObject {}

export default {
  fetch(request, env) {
    const { pathname } = new URL(request.url);
    return fetch(new Request(new URL(pathname, env.ORIGIN), request));
  },
};
