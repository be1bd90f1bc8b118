// The relay as it is, and a count of the rows that its accounts write: SQLite's own count, indexes included, and one
// for every alarm that is set, as Cloudflare bills them (2026-11).
import relay, { AccountObject as Account } from "../../relay/index.ts";

export { TenantObject } from "../../relay/index.ts";

/** Cursors of statements that write; their counts are complete once they were read. */
const cursors = [];
let alarms = 0;
let isCounting = false;

/** The platform's own methods, so that it does not matter who calls them. */
function count(storage) {
  if (isCounting) return;
  isCounting = true;
  const sql = Object.getPrototypeOf(storage.sql);
  const { exec } = sql;
  sql.exec = function (...given) {
    const cursor = exec.apply(this, given);
    if (!/^\s*SELECT/i.test(given[0])) cursors.push(cursor);
    return cursor;
  };
  const { setAlarm } = storage;
  Object.getPrototypeOf(storage).setAlarm = function (...given) {
    alarms += 1;
    return setAlarm.apply(this, given);
  };
}

export class AccountObject extends Account {
  constructor(ctx, env) {
    count(ctx.storage);
    super(ctx, env);
  }
}

export default {
  fetch(request, env, ctx) {
    if (new URL(request.url).pathname !== "/rows-written") return relay.fetch(request, env, ctx);
    // Since it was asked last.
    const rows = cursors.splice(0).reduce((sum, { rowsWritten }) => sum + rowsWritten, 0);
    const answer = Response.json({ rows, alarms });
    alarms = 0;
    return answer;
  },
};
