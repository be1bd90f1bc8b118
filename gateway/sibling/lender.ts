import { chmodSync, lstatSync, renameSync, rmSync } from "node:fs";
import { connect, createServer, type Server, type Socket } from "node:net";
import { LineSplitter } from "../lines/line-splitter.ts";
import { MAX_LINE_BYTES, MAX_SIBLINGS } from "../limits.ts";
import { makePlace, type Place } from "./place.ts";
import { sweep } from "./sweep.ts";
import { HEIR, HELLO, PING, PONG, READY, readKeyed, SAME, writeKeyed } from "./protocol.ts";

/** Serves one line of a sibling; `respond` runs once. */
type Serve = (text: string, key: string, isOld: boolean, caller: SiblingCaller) => void;

interface SiblingCaller {
  respond(line: string | undefined): void;
  joined(key: string): void;
}

/** Heirs try at different moments, so that not all of them find the place empty at once. */
const HEIR_JITTER_MS = 200;

/**
 * Lends this process's connection. One process at a time has the place; others wait as heirs at its socket and take
 * the place over when it ends. Every failure here means only that siblings open connections of their own.
 */
export class Lender {
  readonly #place: Place;
  readonly #serve: Serve;
  readonly #siblings = new Set<Socket>();
  #server: Server | undefined;
  #inode: number | undefined;
  #predecessor: Socket | undefined;
  #isOver = false;

  constructor(place: Place, serve: Serve) {
    this.#place = place;
    this.#serve = serve;
  }

  start(): void {
    if (!makePlace(this.#place)) return;
    sweep(this.#place);
    this.#apply();
  }

  /** Siblings are told to go elsewhere; their open calls keep their keys. */
  stop(): void {
    this.#isOver = true;
    this.#predecessor?.destroy();
    if (this.#inode !== undefined && inodeOf(this.#place.socket) === this.#inode)
      rmSync(this.#place.socket, { force: true });
    this.#server?.close();
    for (const sibling of this.#siblings) sibling.destroySoon();
    this.#siblings.clear();
  }

  /** Is somebody there? Then wait for the end of that; a file without a listener is a leftover. */
  #apply(): void {
    if (this.#isOver) return;
    const predecessor = connect(this.#place.socket);
    let wasThere = false;
    this.#predecessor = predecessor;
    predecessor.on("connect", () => {
      wasThere = true;
      predecessor.write(`${HEIR}\n`);
    });
    predecessor.on("error", () => undefined);
    predecessor.on("data", () => undefined);
    predecessor.on("close", () => {
      if (!wasThere) this.#listen();
      else setTimeout(() => this.#apply(), Math.random() * HEIR_JITTER_MS);
    });
  }

  /**
   * Bound under a name of its own and then moved into place: in one step, whatever lies there, and Node never
   * removes a file at the end that belongs to somebody else by then.
   */
  #listen(): void {
    if (this.#isOver) return;
    const { socket: file } = this.#place;
    const own = `${file}.${process.pid}`;
    const server = createServer((sibling) => this.#welcome(sibling));
    server.on("error", () => undefined);
    rmSync(own, { force: true });
    server.listen(own, () => {
      try {
        chmodSync(own, 0o600);
        renameSync(own, file);
        this.#inode = inodeOf(file);
      } catch {
        server.close();
      }
    });
    this.#server = server;
  }

  #welcome(sibling: Socket): void {
    sibling.on("error", () => undefined);
    if (this.#siblings.size >= MAX_SIBLINGS || this.#isOver) {
      sibling.destroy();
      return;
    }
    this.#siblings.add(sibling);
    sibling.on("close", () => this.#siblings.delete(sibling));
    const splitter = new LineSplitter(MAX_LINE_BYTES);
    let isOld: boolean | undefined;
    const say = (line: string): void => {
      if (!this.#isOver && sibling.writable) sibling.write(`${line}\n`);
    };
    const take = (line: string): void => {
      if (line === PING) say(PONG);
      else if (line === HEIR) return;
      else if (isOld !== undefined) {
        const { key, text } = readKeyed(line);
        this.#serve(text, key, isOld, {
          respond: (answer) => say(writeKeyed({ key, text: answer ?? "" })),
          joined: (used) => say(`${SAME} ${key} ${used}`),
        });
      } else if (line === HELLO.json || line === HELLO.old) {
        isOld = line === HELLO.old;
        say(READY);
      } else sibling.destroy();
    };
    sibling.on("data", (chunk) => {
      for (const line of splitter.push(chunk)) {
        if (line.kind === "line") take(line.text);
        else sibling.destroy();
      }
    });
  }
}

function inodeOf(file: string): number | undefined {
  try {
    return lstatSync(file).ino;
  } catch {
    return undefined;
  }
}
