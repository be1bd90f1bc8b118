// What the tests of the program begin with: it is bundled once a file, and each test has a relay and a home of its own.
import { afterAll, afterEach, beforeAll, beforeEach } from "vitest";
import { bundle, type Bundle } from "./bundle.ts";
import type { LocalRelay } from "./local-relay.ts";
import { Place } from "./program.ts";

/** `take` is handed both before every test; they are gone after it. */
export function eachOnAStage<R extends LocalRelay>(
  Relay: new () => R,
  take: (relay: R, place: Place) => void,
): void {
  let built: Bundle;
  let clear: () => Promise<void>;
  beforeAll(async () => {
    built = await bundle();
  });
  afterAll(() => built.remove());
  beforeEach(async () => {
    const relay = new Relay();
    await relay.listen();
    const place = new Place(built.launcher);
    clear = async () => {
      await place.clear();
      await relay.away();
    };
    take(relay, place);
  });
  afterEach(() => clear());
}
