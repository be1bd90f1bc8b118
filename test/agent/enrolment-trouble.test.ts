// What goes wrong when a Mac joins an account: one sentence each, and nothing is left behind.
import { existsSync, writeFileSync } from "node:fs";
import { createServer as createTlsServer } from "node:https";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { certificateFor } from "./support/certificate.ts";
import { CODE, useAgentHome, lines } from "./support/agent-home.ts";

const here = useAgentHome();

describe("what goes wrong", () => {
  it("ID5 a link that is none is misuse, and nobody is asked", async () => {
    const cases = [
      [["enroll"], "one enrolment link"],
      [["enroll", "nonsense"], "must look like"],
      [["enroll", here.server.origin], "no enrolment code"],
      [["enroll", `${here.server.origin}#enr_cutshort`], "not whole"],
      [["enroll", `http://relay.example.com#${CODE}`], "https://"],
      [["enroll", `http://127.0.0.1.example.com#${CODE}`], "https://"],
      [["enroll", `https://me:secret@relay.example.com#${CODE}`], "no user name"],
      [["enroll", here.link(), "--profile", "../x"], "profile"],
      [["enroll", here.link(), "--bogus"], "--bogus"],
    ] as const;
    const ended = await Promise.all(cases.map(([args]) => here.run(args)));
    for (const [at, [, words]] of cases.entries())
      expect(ended[at]).toMatchObject({
        code: 2,
        stderr: expect.stringContaining(words.replace("no user", "user")),
      });
    expect(here.server.looks).toEqual([]);
  });

  it.each([
    [410, "gone", "this enrolment code was used or has expired; make a new one"],
    [
      404,
      "not_found",
      "the relay does not know this enrolment code; it works once and for 10 minutes, make a new one",
    ],
    [429, "rate_limited", "this code was looked at too often; make a new one"],
    [403, "forbidden", "the relay lets no Mac join this account now; ask whoever gave you the code"],
    [
      409,
      "conflict",
      "the account has as many Macs as it can; revoke one, or move the account here with --takeover",
    ],
    [500, "internal", "the relay failed (HTTP 500); try again in a minute"],
    [418, "tea\u001b[0m", "the relay refused the enrolment (HTTP 418, tea?[0m)"],
  ])("ENR2 a refusal (%i %s) is one sentence, and leaves nothing behind", async (status, code, words) => {
    here.server.refuseClaim = { status, code };
    expect(await here.enrol()).toEqual({
      code: 1,
      stdout: "",
      stderr: `imsg-relay-agent: ${words}\n`,
    });
    expect(existsSync(path.join(here.home, "agent"))).toBe(false);
  });

  const sentence = async (origin: string, env?: NodeJS.ProcessEnv): Promise<string> => {
    const { code, stdout, stderr } = await here.run(["enroll", here.link(origin), "--yes"], env);
    expect([code, stdout, lines(stderr)]).toEqual([1, "", [expect.any(String)]]);
    return stderr.replace("imsg-relay-agent: ", "").trimEnd();
  };

  it("ENR2 what is no relay is told from a code that is wrong", async () => {
    const page = await here.answering((_, response) => void response.end("<html>welcome</html>"));
    expect(await sentence(page)).toBe(
      `what answers at ${page} is no relay, or a relay of another version; is the address right?`,
    );
    const none = await here.answering((_, response) => void response.writeHead(404).end("nope"));
    expect(await sentence(none)).toContain("is no relay");
    const proxy = await here.answering((_, response) => void response.writeHead(502).end());
    expect(await sentence(proxy)).toBe(`${proxy} is not available (HTTP 502); try again in a minute`);
    const flood = await here.answering((_, response) => void response.end("x".repeat(100_000)));
    expect(await sentence(flood)).toBe("the relay cannot be reached: its answer is too long");
    const odd = await here.answering((_, response) => void response.end('{"account":7}'));
    expect(await sentence(odd)).toContain("is no relay");
  });

  it("ENR2 a redirect is named and not followed: the code would go elsewhere", async () => {
    const heard: string[] = [];
    const elsewhere = await here.answering((request, response) => {
      heard.push(request.url ?? "");
      response.end();
    });
    const origin = await here.answering(
      (_, response) => void response.writeHead(308, { location: `${elsewhere}/v1/enrolments/look` }).end(),
    );
    expect(await sentence(origin)).toBe(
      `${origin} points to ${elsewhere} (HTTP 308); the link must name the relay's own address, nothing was sent there`,
    );
    expect(heard).toEqual([]);
  });

  it("ENR2 a relay that takes no agents at this address says which one is right", async () => {
    here.server.looked = { origin: "https://relay.example.com", origin_accepted: false };
    expect(await sentence(here.server.origin)).toBe(
      `this relay takes no agents at ${here.server.origin}; it says that its address is https://relay.example.com: use the link with that`,
    );
    expect(here.server.claims).toEqual([]);
  });

  it("ENR2 a host that is not there, or does not listen", async () => {
    expect(await sentence("http://127.0.0.1:1")).toBe(
      "the relay cannot be reached: nothing listens at 127.0.0.1:1; is the address right, and does the relay run?",
    );
    const plain = await here.answering((_, response) => void response.end());
    expect(await sentence(plain.replace("http", "https"))).toBe(
      `the relay cannot be reached: ${plain.slice(7)} does not speak TLS; is the address right?`,
    );
  });

  it("ENR2 a proxy in between is named, since it may be what fails", async () => {
    const refusing = await here.answering(() => undefined);
    expect(await sentence("https://relay.example.com", { HTTPS_PROXY: "http://127.0.0.1:1" })).toMatch(
      /^the relay cannot be reached: .* \(asked through the proxy that HTTPS_PROXY names\)$/,
    );
    // It speaks no CONNECT.
    expect(await sentence("https://relay.example.com", { HTTPS_PROXY: refusing })).toContain(
      "HTTPS_PROXY names",
    );
  });

  it("ENR2 a certificate that is not trusted, for another host, or over", async () => {
    const tls = (certificate: { key: string; cert: string }): Promise<string> =>
      here.listening(
        createTlsServer(certificate, (_, response) => void response.end()),
        "https",
      );
    const [own, other, old] = [
      certificateFor("localhost"),
      certificateFor("relay.example.com"),
      certificateFor("localhost", Date.now() - 1_000),
    ];
    const trusting = (cert: string): NodeJS.ProcessEnv => {
      const at = path.join(here.home, "ca.pem");
      writeFileSync(at, cert);
      return { NODE_EXTRA_CA_CERTS: at };
    };
    const byName = async (certificate: typeof own): Promise<string> =>
      (await tls(certificate)).replace("127.0.0.1", "localhost");
    const unknown = await byName(own);
    expect(await sentence(unknown)).toMatch(
      /^the relay cannot be reached: this Mac does not trust the certificate of localhost:\d+; if its authority is your own, name it in NODE_EXTRA_CA_CERTS$/,
    );
    expect(await sentence(await byName(other), trusting(other.cert))).toMatch(
      /: the certificate at localhost:\d+ is for another host; is the address right\?$/,
    );
    expect(await sentence(await byName(old), trusting(old.cert))).toMatch(
      /: the certificate of localhost:\d+ has expired, or the clock of this Mac is wrong$/,
    );
  });
});
