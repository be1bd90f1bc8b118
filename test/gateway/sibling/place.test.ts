import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Home } from "../../../gateway/profile/home.ts";
import { isPrivate, makePlace, meetingPlace } from "../../../gateway/sibling/place.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "place-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const home = (at: string): Home => ({ folder: at, file: path.join(at, "gateway.json"), profile: undefined });
const connection = { relay: "https://a.example", account: "acc_1", key: "key_1.x" };

describe("the meeting place", () => {
  test("relay, account and key name it: with another of any there is another", () => {
    const names = [
      connection,
      { ...connection, relay: "https://b.example" },
      { ...connection, account: "acc_2" },
      { ...connection, key: "key_1.y" },
    ].map((one) => meetingPlace(home(folder), one).socket);
    expect(new Set(names).size).toBe(4);
    expect(names.join()).not.toMatch(/key_|acc_|example/);
  });

  test("a path too long for a Unix socket moves to a short folder", () => {
    const long = home(path.join(folder, "x".repeat(90)));
    expect(meetingPlace(long, connection, "/t").socket).toMatch(/^\/t\/imsg-relay-\d+\/[0-9a-f]{20}\.sock$/);
    expect(meetingPlace(long, connection, `/${"t".repeat(90)}`).socket).toMatch(/^\/tmp\/imsg-relay-\d+\//);
    for (const place of [meetingPlace(home(folder), connection), meetingPlace(long, connection)]) {
      expect(Buffer.byteLength(place.socket)).toBeLessThan(104 - 8);
    }
  });

  test("it is made 0700, and not used where others may look in, or through a link", () => {
    const place = meetingPlace(home(folder), connection);
    expect(makePlace(place)).toBe(true);
    expect(statSync(place.folder).mode & 0o777).toBe(0o700);
    chmodSync(place.folder, 0o750);
    expect(isPrivate(place.folder)).toBe(false);
    expect(makePlace(place)).toBe(false);
    mkdirSync(path.join(folder, "real"), { mode: 0o700 });
    symlinkSync(path.join(folder, "real"), path.join(folder, "link"));
    expect(isPrivate(path.join(folder, "link"))).toBe(false);
    expect(isPrivate(path.join(folder, "nothing"))).toBe(false);
  });
});
