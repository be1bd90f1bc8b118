import { app } from "./app.ts";

export { AccountObject } from "./account/object.ts";
export { TenantObject } from "./tenant/object.ts";
export default { fetch: app.fetch };
