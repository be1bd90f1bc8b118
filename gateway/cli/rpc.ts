import path from "node:path";
import { AttachmentsHttp } from "../client/attachments.ts";
import { connect } from "../client/connect.ts";
import type { LinkState } from "../client/link.ts";
import { mintKey } from "../client/mint-key.ts";
import { systemClock } from "../client/system-clock.ts";
import { EXIT_FLUSH_MS } from "../limits.ts";
import { attachmentFolder } from "../drop-in/attachment-folder.ts";
import { attachmentUpload } from "../drop-in/attachment-upload.ts";
import { bytesFetch } from "../node/bytes-fetch.ts";
import { httpFetch } from "../node/http-fetch.ts";
import { isRunning, ownName } from "../node/process-name.ts";
import { sha256 } from "../node/sha256.ts";
import { wsDial } from "../node/ws-dial.ts";
import { fileCache } from "../profile/cache.ts";
import type { Connection } from "../profile/connection.ts";
import type { Home } from "../profile/home.ts";
import type { Settings } from "../profile/settings.ts";
import { Lender } from "../sibling/lender.ts";
import { meetingPlace } from "../sibling/place.ts";
import type { Keyed } from "../sibling/protocol.ts";
import { ChatList } from "../drop-in/chat-list.ts";
import { HeldRows } from "../drop-in/held-rows.ts";
import { Diary } from "../drop-in/diary.ts";
import type { Input } from "../lines/input.ts";
import { Joins } from "../drop-in/joins.ts";
import { Life } from "../drop-in/life.ts";
import type { Output } from "../lines/output.ts";
import { Session, type Caller } from "../drop-in/session.ts";
import { TOO_LONG_ANSWER } from "../lines/too-long.ts";
import { WatchDesk } from "../drop-in/watch-desk.ts";
import { rewordText } from "../drop-in/wording.ts";

export interface RpcStart {
  readonly home: Home;
  readonly connection: Connection;
  readonly settings: Settings;
  readonly isOld: boolean;
  readonly input: Input;
  readonly output: Output;
  /** Requests taken over from a lent connection, with the keys they were asked under. */
  readonly open: readonly Keyed[];
  /** A line on stderr: gateways log each one as an error, so only what somebody should act upon. */
  readonly log: (line: string) => void;
}

/** `imsg-relay rpc` over a connection of its own. Returns at once; the process ends by itself. */
export function runRpc(start: RpcStart): void {
  const { home, connection, settings, input, output, log } = start;
  const clock = systemClock;
  const cache = fileCache(home, connection);
  const diary = new Diary(clock, cache);
  let changed: (state: LinkState) => void = () => undefined;
  const tunnel = connect({
    ...connection,
    dial: wsDial,
    onState: (state) => changed(state),
  });
  const attachments = new AttachmentsHttp({ ...connection, bytesFetch, sha256, fetch: httpFetch });
  const desk = new WatchDesk({
    clock,
    tunnel,
    diary,
    settings,
    held: new HeldRows(path.join(cache.folder, "held"), { own: ownName, isRunning }),
    fetch: attachmentFolder(path.join(home.folder, "attachments"), attachments, clock),
    write: (line, written) => output.write(line, written),
    log,
  });
  const call = tunnel.call.bind(tunnel);
  const shared = { call, chats: new ChatList({ clock, cache, call }), joins: new Joins(), mintKey };
  const session = new Session({ ...shared, desk, isOld: start.isOld, upload: attachmentUpload(attachments) });
  const forSiblings = (isOld: boolean): Session =>
    new Session({ ...shared, desk: undefined, isOld, upload: undefined });
  const [newSiblings, oldSiblings] = [forSiblings(false), forSiblings(true)];
  const lender = new Lender(meetingPlace(home, connection), (text, key, isOld, caller) =>
    (isOld ? oldSiblings : newSiblings).handle(text, key, caller),
  );
  const leave = once(() => {
    // First: what siblings have open must be asked elsewhere, not be answered with our end.
    lender.stop();
    desk.close();
    tunnel.close();
    const exit = (): never => process.exit(0);
    setTimeout(exit, EXIT_FLUSH_MS);
    // Closing has just answered what was open; those answers are written in this turn's end.
    setImmediate(() => output.flushed(exit));
  });
  const life = new Life(leave);
  const lend = once(() => lender.start());
  changed = stateWatch(desk, log, () => {
    if (!life.hasEnded) lend();
  });
  process.on("SIGTERM", leave);
  process.on("SIGINT", leave);
  // However it ends, also when nobody reads the output any more.
  process.on("exit", () => diary.flush());
  const handle = (text: string, key: string | undefined): void => {
    life.accepted();
    session.handle(text, key, callerOf(output, life));
  };
  for (const { text, key } of start.open) handle(text, key);
  input.take({
    line: (line) => {
      if (line.kind === "line") handle(line.text, undefined);
      else output.write(TOO_LONG_ANSWER);
    },
    end: () => {
      desk.answerAll();
      life.inputEnded();
    },
  });
}

const callerOf = (output: Output, life: Life): Caller => ({
  respond: (line) => {
    if (line !== undefined) output.write(line);
    life.answered();
  },
});

/** Lends once the link is up; says each refusal once, because only a human can mend it. */
function stateWatch(
  desk: WatchDesk,
  log: (line: string) => void,
  lend: () => void,
): (state: LinkState) => void {
  let said: string | undefined;
  return (state) => {
    desk.linkChanged(state);
    if (state.kind === "open") {
      said = undefined;
      lend();
    }
    const why = state.kind === "refused" ? rewordText(state.refused.why) : undefined;
    if (why === undefined || why === said) return;
    said = why;
    log(why);
  };
}

function once(run: () => void): () => void {
  let isDone = false;
  return () => {
    if (isDone) return;
    isDone = true;
    run();
  };
}
