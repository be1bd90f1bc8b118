// One relay for all tests of a file, each with an account of its own on it.
import { afterAll, beforeAll } from "vitest";
import { RelayProcess } from "./relay-process.ts";
import { tempFolder } from "./temp.ts";

/** `take` is handed it before the first test; it and its state are gone after the last. */
export function onOneRelay(what: string, take: (relay: RelayProcess) => void): void {
  const folder = tempFolder(what);
  let relay: RelayProcess;
  beforeAll(async () => {
    relay = await RelayProcess.start({ state: folder.path });
    take(relay);
  });
  afterAll(async () => {
    await relay.kill9();
    folder.remove();
  });
}
