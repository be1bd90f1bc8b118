// A new key, with the Mac ended at every step: whatever is in its file then, it comes back to its relay, and the
// rotation begun again ends as one that was never broken off.
import { generateKeyPairSync } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { publicKeyOf } from "../../agent/commands/key-pair.ts";
import type { Prove } from "../../agent/commands/prove.ts";
import { rotateKey } from "../../agent/commands/rotation.ts";
import { identitySchema, type StoredIdentity } from "../../agent/identity.ts";
import { changeIdentity, readIdentity, writeIdentity, type IdentityEdit } from "../../agent/node/home.ts";
import { fileKeys } from "../../agent/node/keys.ts";
import { signer } from "../../agent/node/machine.ts";
import { err, ok } from "../../shared/result.ts";

const newKey = (): string =>
  generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "pem" }).toString();

const folder = mkdtempSync(path.join(tmpdir(), "rotation-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const file = path.join(folder, "identity.json");

class PowerCut extends Error {}

/** Two keys of an install, as the relay keeps them (ENR7). */
class Relay {
  key: string;
  next: string | undefined;

  constructor(key: string) {
    this.key = publicKeyOf(key);
  }

  /** Whether it takes a signature by that key; used, the next one takes the place of the other. */
  takes(privatePem: string): boolean {
    const key = publicKeyOf(privatePem);
    if (key === this.next) [this.key, this.next] = [key, undefined];
    return key === this.key;
  }

  readonly prove: Prove = ({ key, wish, next }) => {
    if (!this.takes(key)) return Promise.resolve(err({ kind: "unknown", why: "not known", end: undefined }));
    if (wish === "rotate") this.next = next?.publicKey;
    return Promise.resolve(ok({ name: "home", serves: false }));
  };
}

let relay: Relay;
let first: string;
const stored = (): StoredIdentity => identitySchema.parse(JSON.parse(readFileSync(file, "utf8")));

beforeEach(() => {
  first = newKey();
  relay = new Relay(first);
  writeIdentity(file, {
    version: 1,
    relay: "http://localhost",
    account: "acc_1",
    tenant: "ten_1",
    install: "ins_1",
    name: "mac",
    private_key: first,
    created_at: "2026-11-23T00:00:00.000Z",
  });
});

/** The agent's connection, as often as it tries at once. True = it is in. */
function connects(): boolean {
  const identity = readIdentity(file);
  if (!identity.ok) throw new Error("there is no identity any more");
  const keys = fileKeys(file, identity.value, () => undefined);
  const known = [stored().next_key, stored().private_key].filter((key) => key !== undefined);
  for (;;) {
    const signature = keys.sign("hello");
    const used = known.find((key) => signer(key)("hello") === signature);
    if (used !== undefined && relay.takes(used)) {
      keys.accepted();
      return true;
    }
    if (!keys.refused()) return false;
  }
}

/** `cutAt`: the power goes before (even) or after (odd) the effect of that step; Infinity = it stays. */
async function rotate(cutAt = Infinity): Promise<number> {
  let step = 0;
  const cut = (): void => {
    if (step === cutAt) throw new PowerCut("the power is gone");
    step += 1;
  };
  const around = <T>(effect: () => T): T => {
    cut();
    const done = effect();
    cut();
    return done;
  };
  const rotated = await rotateKey({
    change: (edit) => around(() => changeIdentity(file, "ins_1", edit)),
    makeKey: newKey,
    prove: async (proof) => around(() => relay.prove(proof)),
  });
  if (!rotated.ok) throw new Error(rotated.error);
  return step;
}

describe("ENR7 rotate-key", () => {
  it("replaces the key, and the one before counts no longer", async () => {
    await rotate();
    expect(stored().private_key).not.toBe(first);
    expect(stored().next_key).toBeUndefined();
    expect(relay.takes(first)).toBe(false);
    expect(connects()).toBe(true);
  });

  const STEPS = 8;
  it("has as many steps as are cut below", async () => {
    expect(await rotate()).toBe(STEPS);
  });

  it.each(Array.from({ length: STEPS }, (_, at) => at))(
    "cut at step %i, the agent comes back, and a second run finishes",
    async (at) => {
      await expect(rotate(at)).rejects.toThrow("the power is gone");
      expect(connects()).toBe(true);
      // What the relay took is the Mac's own key from then on.
      expect(relay.takes(stored().private_key)).toBe(true);
      const now = stored().private_key;
      expect(connects()).toBe(true);
      expect(stored().private_key).toBe(now);
      await rotate();
      expect(stored().next_key).toBeUndefined();
      expect(stored().private_key).not.toBe(first);
      expect(relay.takes(first)).toBe(false);
      expect(connects()).toBe(true);
    },
  );

  it.each(Array.from({ length: STEPS }, (_, at) => at))(
    "cut at step %i and begun again without a connection in between, it finishes",
    async (at) => {
      await expect(rotate(at)).rejects.toThrow("the power is gone");
      await rotate();
      expect(stored().next_key).toBeUndefined();
      expect(relay.takes(first)).toBe(false);
      expect(connects()).toBe(true);
    },
  );

  it("cut twice, at any two steps, the agent comes back", async () => {
    for (let one = 0; one < STEPS; one += 1) {
      for (let two = 0; two < STEPS; two += 1) {
        const key = newKey();
        relay = new Relay(key);
        writeIdentity(file, { ...stored(), private_key: key });
        await rotate(one).catch(() => undefined);
        await rotate(two).catch(() => undefined);
        expect([one, two, connects()]).toEqual([one, two, true]);
      }
    }
  });

  it("two at once, whichever is ahead, end with a key that the relay knows", async () => {
    for (let steps = 0; steps <= STEPS; steps += 1) {
      const key = newKey();
      relay = new Relay(key);
      writeIdentity(file, { ...stored(), private_key: key });
      const change = (edit: IdentityEdit): StoredIdentity | undefined => changeIdentity(file, "ins_1", edit);
      let left = steps;
      // The other one runs as a whole between two steps of this one.
      const between = async (): Promise<void> => {
        left -= 1;
        if (left === 0) await rotate();
      };
      const slow: Prove = async (proof) => {
        await between();
        const proved = await relay.prove(proof);
        await between();
        return proved;
      };
      await rotateKey({ change, makeKey: newKey, prove: slow });
      expect([steps, connects(), stored().private_key === key]).toEqual([steps, true, false]);
    }
  });

  it("what another command changed meanwhile stays changed", async () => {
    const change = (edit: IdentityEdit): StoredIdentity | undefined => changeIdentity(file, "ins_1", edit);
    const moving: Prove = async (proof) => {
      writeIdentity(file, { ...stored(), relay: "http://127.0.0.1:1" });
      return await relay.prove(proof);
    };
    await rotateKey({ change, makeKey: newKey, prove: moving });
    expect(stored().relay).toBe("http://127.0.0.1:1");
    const leaving: Prove = (proof) => {
      rmSync(file, { force: true });
      return relay.prove(proof);
    };
    expect(await rotateKey({ change, makeKey: newKey, prove: leaving })).toMatchObject({ ok: false });
    expect(existsSync(file)).toBe(false);
  });

  it("a relay that cannot be reached leaves both keys, and the old one works", async () => {
    const away: Prove = () => Promise.resolve(err({ kind: "unheard", why: "away", end: undefined }));
    const change = (edit: IdentityEdit): StoredIdentity | undefined => changeIdentity(file, "ins_1", edit);
    const gone = await rotateKey({ change, makeKey: newKey, prove: away });
    expect(gone).toEqual({ ok: false, error: "away" });
    expect(stored()).toMatchObject({ private_key: first, next_key: expect.any(String) });
    expect(connects()).toBe(true);
  });

  it("an agent that runs takes the new key for its next connection, whoever wrote it", async () => {
    const keys = fileKeys(file, stored(), () => undefined);
    keys.sign("hello");
    keys.accepted();
    await rotate();
    expect(keys.sign("hello")).toBe(signer(stored().private_key)("hello"));
  });

  it("a relay that knows neither key is asked with both, and then rarely", () => {
    writeIdentity(file, { ...stored(), next_key: newKey() });
    relay = new Relay(newKey());
    const keys = fileKeys(file, stored(), () => undefined);
    const said = [0, 1, 2, 3].map(() => [keys.sign("hello"), keys.refused()]);
    expect(said.map(([, again]) => again)).toEqual([true, false, true, false]);
    expect(said[0]?.[0]).toBe(said[2]?.[0]);
    expect(said[0]?.[0]).not.toBe(said[1]?.[0]);
  });
});
