import { DurableObject } from "cloudflare:workers";
export class AccountObject extends DurableObject {}
export class TenantObject extends DurableObject {}
export default { fetch: (): Response => new Response("imsg-relay\n") };
