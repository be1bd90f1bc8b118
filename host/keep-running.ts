// Starts something again whenever it ends by itself, later each time, until it is stopped.
import type { Running } from "./child.ts";

export interface KeeperEvents {
  readonly onStart: (pid: number) => void;
  readonly onEnd: (how: string, againInMs: number) => void;
}

export interface Keeper {
  /** Of what runs now; undefined between two starts. */
  readonly pid: number | undefined;
  stop(): Promise<void>;
}

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 15_000;
/** What ran this long has a clean record. */
const STABLE_MS = 30_000;

/** Rejects where the first start fails: whoever starts it wants to know why. */
export async function keepRunning<R extends Running>(
  start: () => Promise<R>,
  events: KeeperEvents,
): Promise<Keeper & { current(): R | undefined }> {
  const first = await start();
  let running: R | undefined = first;
  let stopping = false;
  let failures = 0;
  const pause = new Pause();
  events.onStart(first.pid);

  async function loop(): Promise<void> {
    for (;;) {
      const since = Date.now();
      const how: string = running === undefined ? "it could not be started" : await running.exited;
      running = undefined;
      if (stopping) return;
      failures = Date.now() - since > STABLE_MS ? 0 : failures + 1;
      const wait = Math.min(FIRST_WAIT_MS * 2 ** Math.max(0, failures - 1), LONGEST_WAIT_MS);
      events.onEnd(how, wait);
      await pause.sleep(wait);
      if (stopping) return;
      running = await start().catch(() => undefined);
      if (running !== undefined) events.onStart(running.pid);
      if (stopping) await running?.stop();
    }
  }
  const ended = loop();
  return {
    get pid() {
      return running?.pid;
    },
    current: () => running,
    stop: async () => {
      stopping = true;
      pause.end();
      await running?.stop();
      await ended;
    },
  };
}

/** A wait that can be cut short. */
class Pause {
  #end: (() => void) | undefined;
  #over = false;

  async sleep(ms: number): Promise<void> {
    if (this.#over) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#end = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  end(): void {
    this.#over = true;
    this.#end?.();
  }
}
