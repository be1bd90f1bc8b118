import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { ChatList } from "../../../gateway/drop-in/chat-list.ts";
import { Diary } from "../../../gateway/drop-in/diary.ts";
import { HeldRows } from "../../../gateway/drop-in/held-rows.ts";
import type { Fetched, FetchFile } from "../../../gateway/drop-in/inbound-files.ts";
import type { UploadFile } from "../../../gateway/drop-in/outbound-file.ts";
import { Joins } from "../../../gateway/drop-in/joins.ts";
import { Session } from "../../../gateway/drop-in/session.ts";
import { WatchDesk } from "../../../gateway/drop-in/watch-desk.ts";
import type { Cache } from "../../../gateway/profile/cache.ts";
import { readSettings } from "../../../gateway/profile/settings.ts";
import { VirtualRelay } from "./virtual-relay.ts";

export class MemoryCache implements Cache {
  readonly files = new Map<string, unknown>();
  writes = 0;
  read(name: string): unknown {
    return this.files.get(name);
  }
  write(name: string, value: unknown): void {
    this.writes += 1;
    this.files.set(name, JSON.parse(JSON.stringify(value)));
  }
}

export interface Line {
  readonly id?: number | null;
  readonly method?: string;
  readonly result?: Record<string, unknown>;
  readonly error?: { code: number; message: string; data?: unknown };
  readonly params?: Record<string, unknown>;
}

/** A whole conversation in virtual time: the test is the gateway on one side and the relay on the other. */
export function converse({
  isOld = false,
  cache = new MemoryCache(),
  held = new HeldRows(mkdtempSync(path.join(tmpdir(), "held-")), { own: () => "1-a", isRunning: () => true }),
  fetch = (): Promise<Fetched> => Promise.resolve({ why: "no files in this test" }),
  upload = (): ReturnType<UploadFile> => Promise.resolve({ why: "no files in this test" }),
}: { upload?: UploadFile; isOld?: boolean; cache?: MemoryCache; held?: HeldRows; fetch?: FetchFile } = {}) {
  const relay = new VirtualRelay();
  const { clock, tunnel } = relay;
  const settings = readSettings({});
  if (!settings.ok) throw new Error(settings.error);
  const out: Line[] = [];
  const log: string[] = [];
  const diary = new Diary(clock, cache);
  const desk = new WatchDesk({
    clock,
    tunnel,
    diary,
    settings: settings.value,
    held,
    fetch,
    write: (line, written) => {
      out.push(JSON.parse(line) as Line);
      written();
    },
    log: (line) => log.push(line),
  });
  const call = tunnel.call.bind(tunnel);
  const chats = new ChatList({ clock, cache, call });
  let keys = 0;
  const session = new Session({
    call,
    chats,
    joins: new Joins(),
    desk,
    isOld,
    upload,
    mintKey: () => `k${(keys += 1)}`,
  });
  const say = (text: string): void =>
    session.handle(text, undefined, {
      respond: (line) => line !== undefined && out.push(JSON.parse(line) as Line),
    });
  const ask = (id: number, method: string, params?: object): void =>
    say(JSON.stringify({ jsonrpc: "2.0", id, method, params }));
  const away = (): void => {
    relay.last.end({ reason: "ECONNREFUSED" });
    desk.linkChanged(tunnel.state);
  };
  const answerOf = (id: number): Line | undefined => out.find((line) => line.id === id);
  return { relay, clock, out, log, diary, desk, cache, say, ask, away, answerOf };
}
