import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  isForbiddenAddress,
  isLoopbackAddress,
  whyForbiddenAddress,
} from "../../../shared/webhooks/address-guard.ts";
import { parseIp } from "../../../shared/webhooks/ip-address.ts";

describe("an address, as resolvers print it", () => {
  it("is read as its number", () => {
    expect(parseIp("1.2.3.4")).toEqual({ version: 4, value: 0x01020304n });
    expect(parseIp("::")).toEqual({ version: 6, value: 0n });
    expect(parseIp("::1")).toEqual({ version: 6, value: 1n });
    expect(parseIp("1::")).toEqual({ version: 6, value: 1n << 112n });
    expect(parseIp("2001:DB8::ff00:42:8329")).toEqual({
      version: 6,
      value: 0x20010db8000000000000ff0000428329n,
    });
    expect(parseIp("::ffff:1.2.3.4")).toEqual({ version: 6, value: 0xffff01020304n });
  });

  it("is read alike, however its zeros are written", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(0xffff), { minLength: 8, maxLength: 8 }), (groups) => {
        const value = groups.reduce((sum, group) => (sum << 16n) | BigInt(group), 0n);
        const plain = groups.map((group) => group.toString(16)).join(":");
        const full = groups.map((group) => group.toString(16).padStart(4, "0")).join(":");
        expect([parseIp(plain), parseIp(full)]).toEqual([
          { version: 6, value },
          { version: 6, value },
        ]);
      }),
    );
  });

  it.each([
    "",
    "acme.com",
    "1.2.3",
    "1.2.3.256",
    "01.2.3.4",
    "0x7f.0.0.1",
    "2130706433",
    "1.2.3.4:80",
    " 1.2.3.4",
    "[::1]",
    "fe80::1%en0",
    "::1/128",
    ":::",
    "1:2:3:4:5:6:7",
    "1:2:3:4:5:6:7:8:9",
    "::1]:80/@[::1",
    "::ffff:1.2.3.256",
  ])("%j is none, and so forbidden", (text) => {
    expect(parseIp(text)).toBeUndefined();
    expect(isForbiddenAddress(text)).toBe(true);
  });
});

describe("addresses that no webhook may reach", () => {
  it.each([
    ["0.0.0.0", "this host"],
    ["10.1.2.3", "a private network"],
    ["100.64.0.0", "a carrier's inner network"],
    ["100.127.255.255", "a carrier's inner network"],
    ["127.0.0.1", "this machine"],
    ["168.63.129.16", "a cloud's metadata"],
    ["169.254.169.254", "a cloud's metadata"],
    ["169.254.1.1", "the local link"],
    ["172.16.0.0", "a private network"],
    ["172.31.255.255", "a private network"],
    ["192.0.0.8", "a protocol's own address"],
    ["192.0.2.255", "documentation"],
    ["192.88.99.1", "a tunnel's relay"],
    ["192.168.255.255", "a private network"],
    ["198.19.255.255", "benchmarks"],
    ["203.0.113.0", "documentation"],
    ["239.0.0.1", "multicast"],
    ["240.0.0.0", "a reserved range"],
    ["255.255.255.255", "broadcast"],
    ["::", "no address"],
    ["::1", "this machine"],
    ["::7f00:1", "a reserved range"],
    ["::ffff:10.0.0.1", "a private network"],
    ["64:ff9b::7f00:1", "this machine"],
    ["64:ff9b:1::808:808", "a private network"],
    ["100::1", "a reserved range"],
    ["2001::1", "a tunnel (Teredo)"],
    ["2001:1ff:ffff::1", "a protocol's own address"],
    ["2001:db8:ffff::1", "documentation"],
    ["2002:808:808::1", "a tunnel (6to4)"],
    ["3fff:fff::1", "documentation"],
    ["fd00:ec2::254", "a cloud's metadata"],
    ["fd12::1", "a private network"],
    ["fe80::1", "the local link"],
    ["ff02::fb", "multicast"],
  ])("%s is %s", (address, what) => {
    expect(whyForbiddenAddress(address)).toBe(what);
  });

  it.each([
    "1.1.1.1",
    "8.8.8.8",
    "9.255.255.255",
    "11.0.0.0",
    "100.63.255.255",
    "100.128.0.0",
    "126.255.255.255",
    "128.0.0.0",
    "168.63.129.17",
    "169.253.255.255",
    "169.255.0.0",
    "172.15.255.255",
    "172.32.0.0",
    "192.0.1.0",
    "192.167.255.255",
    "192.169.0.0",
    "198.17.255.255",
    "198.20.0.0",
    "223.255.255.255",
    "::ffff:8.8.8.8",
    "64:ff9b::808:808",
    "2001:200::1",
    "2001:db7::1",
    "2001:db9::1",
    "2003::1",
    "2606:4700:4700::1111",
    "2a00:1450:4001::1",
    "3ffe::1",
    "3fff:1000::1",
  ])("%s is public", (address) => {
    expect(whyForbiddenAddress(address)).toBeUndefined();
  });

  it("are those inside 2000::/3 alone that are public, where no IPv4 address is inside", () => {
    fc.assert(
      fc.property(fc.ipV6(), (address) => {
        const value = parseIp(address)?.value ?? 0n;
        const isInside =
          value >> 125n === 1n || value >> 32n === 0xffffn || value >> 32n === 0x64ff9bn << 64n;
        expect(isForbiddenAddress(address) || isInside).toBe(true);
      }),
    );
  });

  it("are the same inside IPv6 as alone", () => {
    fc.assert(
      fc.property(fc.ipV4(), (address) => {
        const alone = whyForbiddenAddress(address);
        expect([
          whyForbiddenAddress(`::ffff:${address}`),
          whyForbiddenAddress(`64:ff9b::${address}`),
        ]).toEqual([alone, alone]);
      }),
    );
  });

  it("are this machine's only from 127.0.0.0 to 127.255.255.255, and ::1", () => {
    const asked = [
      "127.0.0.0",
      "127.255.255.255",
      "::1",
      "126.0.0.1",
      "128.0.0.1",
      "::",
      "::2",
      "::ffff:127.0.0.1",
      "x",
    ];
    expect(asked.filter(isLoopbackAddress)).toEqual(["127.0.0.0", "127.255.255.255", "::1"]);
  });
});
