import { mkdtempSync, rmSync, statSync, chmodSync, mkdirSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { fileCache } from "../../../gateway/profile/cache.ts";
import { readConnection, writeConnection } from "../../../gateway/profile/connection.ts";
import { findHome } from "../../../gateway/profile/home.ts";
import { readPrivate, writePrivate } from "../../../gateway/profile/private-files.ts";

const GOOD = "https://relay.example.com/v1/accounts/acc_0a1b#key_0a1b.c2d3";

describe("connection strings", () => {
  test("what is written is read again, whatever blanks are around it", () => {
    const connection = readConnection(`  ${GOOD}\r\n`);
    expect(connection).toEqual({
      relay: "https://relay.example.com",
      account: "acc_0a1b",
      key: "key_0a1b.c2d3",
    });
    expect(connection && writeConnection(connection)).toBe(GOOD);
    expect(readConnection(GOOD.replace(".com", ".com:8443"))?.relay).toBe("https://relay.example.com:8443");
  });

  test.each([
    "",
    "hello",
    GOOD.replace("#", "?"),
    GOOD.replace("https", "ftp"),
    GOOD.replace("//", "//user:pass@"),
    GOOD.replace("/v1", "/x/v1"),
    GOOD.replace("acc_", "ten_"),
    GOOD.replace("acc_0a1b", "acc_0a1b/../x"),
    GOOD.replace(".c2d3", ""),
    GOOD.replace("c2d3", "c2 d3"),
    GOOD + "x".repeat(3_000),
  ])("%j is none", (text) => {
    expect(readConnection(text)).toBeUndefined();
  });
});

describe("private files", () => {
  test("a profile's name cannot lead out of its home", () => {
    const env = { IMSG_RELAY_HOME: "/h" };
    expect(findHome(env, undefined)?.file).toBe("/h/gateway.json");
    expect(findHome(env, "work")?.file).toBe("/h/profiles/work/gateway.json");
    for (const name of ["", "..", "../x", "a/b", ".hidden"]) expect(findHome(env, name)).toBeUndefined();
  });

  test("they are written whole, 0600, in a folder that is closed to others; a shared folder is left as it is", () => {
    const folder = mkdtempSync(path.join(tmpdir(), "private-"));
    try {
      const open = path.join(folder, "open");
      mkdirSync(open, { mode: 0o755 });
      const file = path.join(open, "x.json");
      writePrivate(file, "1");
      writePrivate(file, "22");
      expect(readPrivate(file)).toEqual({ kind: "text", text: "22" });
      expect([statSync(file).mode & 0o777, statSync(open).mode & 0o777]).toEqual([0o600, 0o700]);
      chmodSync(open, 0o1777);
      writePrivate(file, "333");
      expect(statSync(open).mode & 0o7777).toBe(0o1777);
      expect(readPrivate(path.join(folder, "none"))).toEqual({ kind: "absent" });
      expect(readPrivate(open).kind).toBe("unreadable");
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  test("caches of two accounts never mix, and one that cannot be written does no harm", () => {
    const folder = mkdtempSync(path.join(tmpdir(), "private-"));
    try {
      const home = { folder, file: path.join(folder, "gateway.json"), profile: undefined };
      const first = fileCache(home, { relay: "https://a", account: "acc_1", key: "k" });
      first.write("chats", { a: 1 });
      expect(first.read("chats")).toEqual({ a: 1 });
      expect(
        fileCache(home, { relay: "https://a", account: "acc_2", key: "k" }).read("chats"),
      ).toBeUndefined();
      expect(fileCache(home, { relay: "https://a", account: "acc_1", key: "new" }).read("chats")).toEqual({
        a: 1,
      });
      writePrivate(home.file, "{}");
      const nowhere = fileCache(
        { ...home, folder: home.file },
        { relay: "https://a", account: "acc_1", key: "k" },
      );
      nowhere.write("chats", 1);
      expect(nowhere.read("chats")).toBeUndefined();
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
