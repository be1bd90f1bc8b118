import path from "node:path";
import { build } from "esbuild";
import * as fc from "fast-check";
import { Miniflare } from "miniflare";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as z from "zod";
import { MAX_URL_CHARS } from "../../../shared/webhooks/limits.ts";
import { guardUrl, type UrlGuardOptions } from "../../../shared/webhooks/url-guard.ts";
import { HOSTILE, OWN_HOSTS } from "./hostile-urls.ts";
import { PUBLIC } from "./public-urls.ts";

const hostile = Object.entries(HOSTILE).flatMap(([code, urls]) => urls.map((url) => [url, code] as const));

/** The kept form, or why there is none. */
function verdict(url: string, options: UrlGuardOptions = { ownHosts: OWN_HOSTS }): string {
  const guarded = guardUrl(url, options);
  return guarded.ok ? guarded.value.href : guarded.error.code;
}

describe("the guard on an endpoint's URL", () => {
  it("refuses every hostile one, and says why", () => {
    expect(hostile.length).toBeGreaterThan(200);
    expect(hostile.map(([url]) => [url, verdict(url)])).toEqual(hostile);
  });

  it("refuses the same ones with loopback allowed, but for this machine by its plain names", () => {
    const options = { ownHosts: OWN_HOSTS, allowLoopback: true };
    const passed = hostile.map(([url]) => url).filter((url) => guardUrl(url, options).ok);
    const kept = passed.map((url) => new URL(verdict(url, options)).hostname);
    const thisMachine = /^(?:(?:[a-z.]+\.)?localhost|127\.\d+\.\d+\.\d+|\[::1\])$/;
    expect(kept.filter((host) => !thisMachine.test(host))).toEqual([]);
    expect(passed).toContain("http://localhost:3000/");
  });

  it.each(PUBLIC)("lets %s pass as %s", (url, href) => {
    expect(verdict(url)).toBe(href);
  });

  it("keeps a form that passes again as it is", () => {
    const label = fc.stringMatching(/^[a-z0-9]{1,12}$/);
    const url = fc.tuple(
      fc.array(label, { minLength: 1, maxLength: 4 }),
      fc.webPath(),
      fc.integer({ min: 1, max: 65_535 }),
    );
    fc.assert(
      fc.property(url, ([labels, at, port]) => {
        const kept = verdict(`https://${labels.join(".")}.com:${port}${at}`);
        expect(kept.startsWith("https://") ? verdict(kept) : kept).toBe(kept);
      }),
    );
  });

  it("refuses every IPv4 address, whichever way it is written", () => {
    const octal = (part: number): string => `0${part.toString(8)}`;
    const hex = (part: number): string => `0x${part.toString(16)}`;
    const wide = (text: string): string =>
      text.replaceAll(/[0-9]/g, (digit) => String.fromCharCode(0xff10 + Number(digit)));
    fc.assert(
      fc.property(fc.tuple(fc.nat(255), fc.nat(255), fc.nat(255), fc.nat(255)), ([a, b, c, d]) => {
        const plain = [a, b, c, d].join(".");
        const whole = ((a * 256 + b) * 256 + c) * 256 + d;
        const low = `${hex(a * 256 + b).slice(2)}:${hex(c * 256 + d).slice(2)}`;
        const code = verdict(`https://${plain}/`);
        expect(["ip_literal", "private_address"]).toContain(code);
        for (const host of [
          `${plain}.`,
          `${whole}`,
          hex(whole),
          octal(whole),
          `${a}.${whole % 2 ** 24}`,
          `${a}.${b}.${whole % 2 ** 16}`,
          [a, b, c, d].map(octal).join("."),
          [a, b, c, d].map(hex).join("."),
          wide(plain),
          plain.replaceAll(".", "。"),
          plain.replaceAll(".", "%2E"),
          `[::ffff:${plain}]`,
          `[::ffff:${low}]`,
          `[64:ff9b::${low}]`,
        ])
          expect([host, verdict(`https://${host}/`)]).toEqual([host, code]);
      }),
    );
  });

  it("refuses every IPv6 address", () => {
    fc.assert(
      fc.property(fc.ipV6(), (address) => {
        expect(["ip_literal", "private_address"]).toContain(verdict(`https://[${address}]/`));
      }),
    );
  });

  it("never throws, and what it keeps is https at a public name", () => {
    const text = fc.oneof(
      fc.webUrl(),
      fc.string({ unit: "binary" }).map((host) => `https://${host}`),
    );
    fc.assert(
      fc.property(text, (text) => {
        const guarded = guardUrl(text);
        expect(guarded.ok ? guarded.value.href : "https://x.y/").toMatch(
          /^https:\/\/[a-z0-9_-]+(?:\.[a-z0-9_-]+)+[:/]/,
        );
      }),
    );
  });

  it("says what to do, and nothing of the URL, whose path may be a secret", () => {
    const said = hostile.map(([url]) => {
      const guarded = guardUrl(url, { ownHosts: OWN_HOSTS });
      return guarded.ok ? "" : guarded.error.sentence;
    });
    expect(said.filter((sentence) => !/^[A-Z].*\.$/.test(sentence))).toEqual([]);
    expect(said.filter((sentence) => /acme|evil/.test(sentence))).toEqual([]);
    const guarded = guardUrl("http://bot.acme.com/hook");
    expect(guarded.ok ? "" : guarded.error.sentence).toMatch(/^The URL must begin with https:\/\//);
  });

  it("takes 2048 characters and no more", () => {
    const head = "https://acme.com/";
    const longest = head + "a".repeat(MAX_URL_CHARS - head.length);
    expect(verdict(longest)).toBe(longest);
    expect(verdict(`${longest}a`)).toBe("too_long");
  });
});

describe("with loopback allowed, for a relay on its operator's machine", () => {
  const options = { allowLoopback: true, ownHosts: ["http://127.0.0.1:8787", "https://relay.acme.com"] };

  it.each([
    ["http://127.0.0.1:3000/hook", "http://127.0.0.1:3000/hook"],
    ["https://127.0.0.1:3000/", "https://127.0.0.1:3000/"],
    ["http://127.9.9.9/", "http://127.9.9.9/"],
    ["http://[::1]:3000/", "http://[::1]:3000/"],
    ["http://localhost:3000/", "http://localhost:3000/"],
    ["http://bot.localhost/", "http://bot.localhost/"],
    ["https://acme.com/", "https://acme.com/"],
  ])("%s passes", (url, href) => {
    expect(verdict(url, options)).toBe(href);
  });

  it.each([
    ["http://127.0.0.1:8787/", "own_host"],
    ["http://localhost:8787/v1", "own_host"],
    ["http://[::1]:8787/", "own_host"],
    ["http://localhost:5432/", "port"],
    ["http://user@localhost:3000/", "credentials"],
    ["http://10.0.0.1/", "not_https"],
    ["ftp://localhost/", "not_https"],
    ["ws://127.0.0.1:3000/", "not_https"],
    ["https://10.0.0.1/", "private_address"],
    ["http://0.0.0.0:3000/", "not_https"],
    ["https://[::ffff:127.0.0.1]/", "private_address"],
    ["http://mac.local/", "not_https"],
    ["http://acme.com/", "not_https"],
    ["http://localhost.acme.com/", "not_https"],
    ["http://169.254.169.254/", "not_https"],
    ["https://relay.acme.com:9443/", "own_host"],
  ])("%s does not: %s", (url, code) => {
    expect(verdict(url, options)).toBe(code);
  });
});

/** A label that is no punycode: to Node it is no URL, to workerd (2026-10) a name, and a private one. */
const NAMED_OTHERWISE = "https://xn--a/";

describe("in workerd, where URLs are parsed by another program", () => {
  let worker: Miniflare;
  beforeAll(async () => {
    const { outputFiles } = await build({
      stdin: {
        contents: `import { guardUrl } from "./shared/webhooks/url-guard.ts";
          export default {
            async fetch(request) {
              const { urls, ownHosts } = await request.json();
              return Response.json(urls.map((url) => guardUrl(url, { ownHosts })));
            },
          };`,
        resolveDir: path.join(import.meta.dirname, "../../.."),
      },
      bundle: true,
      write: false,
      format: "esm",
      logLevel: "warning",
    });
    const script = outputFiles[0]?.text ?? "";
    worker = new Miniflare({ modules: true, script, compatibilityDate: "2026-04-01" });
    await worker.ready;
  });
  afterAll(() => worker.dispose());

  it("judges every one of them alike", async () => {
    const all = [...hostile.map(([url]) => url), ...PUBLIC.map(([url]) => url)];
    const urls = [NAMED_OTHERWISE, ...all.filter((url) => url !== NAMED_OTHERWISE)];
    expect(urls).toHaveLength(all.length);
    const response = await worker.dispatchFetch("http://guard.test/", {
      method: "POST",
      body: JSON.stringify({ urls, ownHosts: OWN_HOSTS }),
    });
    const [named, ...judged] = z.array(z.unknown()).parse(await response.json());
    expect(named).toMatchObject({ ok: false, error: { code: "private_name" } });
    expect(judged).toEqual(urls.slice(1).map((url) => guardUrl(url, { ownHosts: OWN_HOSTS })));
  });
});
