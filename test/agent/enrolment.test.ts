// Joining an account as a human meets it: what is shown, what is asked, and what is said where it goes wrong.
import { existsSync, mkdtempSync, writeFileSync } from "node:fs";
import { createServer, type RequestListener } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo, Server } from "node:net";
import path from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { certificateFor } from "./support/certificate.ts";
import { Programs, RelayServer, Running, type Finished } from "./support/programs.ts";

const CODE = `enr_${"0123456789abcdef".repeat(4)}`;
const TERMINAL = path.join(import.meta.dirname, "support", "terminal.cjs");

let programs: Programs;
let server: RelayServer;
let home: string;
const stops: (() => Promise<unknown>)[] = [];

beforeAll(() => {
  programs = new Programs();
});
afterAll(() => programs.dispose());
beforeEach(async () => {
  server = new RelayServer();
  await server.listen();
  home = mkdtempSync(path.join(programs.folder, "home-"));
});
afterEach(async () => {
  await server.close();
  for (const stop of stops.splice(0)) await stop();
});

const file = (name: string): string => path.join(home, "agent", "default", name);
const start = (args: readonly string[], more: NodeJS.ProcessEnv = {}, input?: string): Running =>
  new Running(
    programs.agent,
    args,
    { PATH: process.env["PATH"], HOME: home, IMSG_RELAY_HOME: home, TZ: "UTC", ...more },
    input,
  );
const run = (args: readonly string[], more?: NodeJS.ProcessEnv): Promise<Finished> =>
  start(args, more).finished;
/** Somebody at a terminal who answers this. */
const asked = (args: readonly string[], answer: string): Promise<Finished> =>
  start(args, { NODE_OPTIONS: `--require ${TERMINAL}` }, answer).finished;
const link = (origin = server.origin): string => `${origin}#${CODE}`;
const lines = (text: string): string[] => text.trimEnd().split("\n");

/** Something that answers in the place of a relay. */
async function listening(at: Server, scheme: string): Promise<string> {
  await new Promise<void>((resolve) => at.listen(0, "127.0.0.1", resolve));
  stops.push(() => new Promise((resolve) => void at.close(resolve)));
  return `${scheme}://127.0.0.1:${(at.address() as AddressInfo).port}`;
}
const answering = (listener: RequestListener): Promise<string> => listening(createServer(listener), "http");

const MAC = { name: "studio", enrolled_at: Date.UTC(2026, 10, 1, 10, 5), serves: true, last_seen: 5 };

describe("what is shown before a Mac joins", () => {
  it("ENR2 the relay, the account, the tenant, the Macs, and what can be done with this one", async () => {
    const { code, stdout, stderr } = await asked(["enroll", link()], "y\n");
    expect([code, stderr]).toEqual([0, ""]);
    expect(lines(stdout)).toEqual([
      `Relay    ${server.origin}`,
      "Account  home (acc_test)",
      "Tenant   Maya (ten_test)",
      "Macs     none yet: this is the first",
      "Code     works once, for 10 more minutes",
      "",
      "Whoever runs this relay, and whoever has a key for this account there, will be able to",
      "read every message in Messages on this Mac, old ones and attachments as well, and to",
      "send as you. Only a file on this Mac narrows that, and nothing at the relay widens it:",
      `  ${file("agent.jsonc")}`,
      "",
      "Join this account? [y/N] Enrolled as ins_1",
      `Settings ${file("agent.jsonc")}`,
      "Next: imsg-relay-agent run",
    ]);
    expect(stdout).not.toContain(CODE);
    expect(server.looks).toEqual([CODE]);
    expect(server.claims).toMatchObject([{ takeover: false }]);
  });

  it.each(["n\n", "\n", "no\n", "yes please\n"])(
    "ENR2 the answer %j leaves everything as it was",
    async (answer) => {
      const { code, stdout } = await asked(["enroll", link()], answer);
      expect(code).toBe(5);
      expect(stdout).toContain("Nothing was changed, and the code still works.");
      expect(server.claims).toEqual([]);
      expect(existsSync(path.join(home, "agent"))).toBe(false);
    },
  );

  it("ENR2 where nobody can be asked it is refused without --yes, and the code still works", async () => {
    const { code, stderr, stdout } = await run(["enroll", link()]);
    expect(code).toBe(5);
    expect(stderr).toBe(
      "imsg-relay-agent: nobody can be asked here, since this is no terminal; nothing was changed. --yes does it without asking\n",
    );
    expect(stdout).toContain("Account  home (acc_test)");
    expect(server.claims).toEqual([]);
    expect(await run(["enroll", link(), "--yes"])).toMatchObject({ code: 0, stderr: "" });
  });

  it("ENR2 --json is for programs: one object, and no question", async () => {
    server.looked = { macs: [MAC] };
    const { code, stdout, stderr } = await run(["enroll", link(), "--yes", "--takeover", "--json"]);
    expect([code, stderr, lines(stdout)]).toEqual([0, "", [expect.any(String)]]);
    expect(JSON.parse(stdout)).toEqual({
      ok: true,
      relay: server.origin,
      account: "acc_test",
      tenant: "ten_test",
      install: "ins_1",
      account_name: "home",
      tenant_name: "Maya",
      moved_from: [],
      settings: file("agent.jsonc"),
    });
    const unsure = await asked(["enroll", link(), "--force", "--json"], "y\n");
    expect([unsure.code, JSON.parse(unsure.stdout)]).toEqual([
      5,
      { ok: false, error: "with --json nobody is asked; nothing was changed. --yes does it without asking" },
    ]);
    server.refuseClaim = { status: 410, code: "gone" };
    const refused = await run(["enroll", link(), "--yes", "--force", "--json"]);
    expect(refused.code).toBe(1);
    expect(JSON.parse(refused.stdout)).toEqual({
      ok: false,
      error: "this enrolment code was used or has expired; make a new one",
    });
  });

  it("ENR4 another Mac is named; joining beside it and moving the account are two things", async () => {
    server.looked = { macs: [MAC, { ...MAC, name: "mini", serves: false, last_seen: null }] };
    const beside = await asked(["enroll", link()], "n\n");
    expect(beside.stdout).toContain(
      'Macs     "studio" serves it now (enrolled 2026-11-01 10:05)\n         "mini" is not connected (enrolled 2026-11-01 10:05)\n',
    );
    expect(beside.stdout).toMatch(/This one would wait until the other is away.*\n.*--takeover/);
    expect(beside.stdout).toContain("Join this account? [y/N]");
    const moved = await asked(["enroll", link(), "--takeover"], "y\n");
    expect(moved.stdout).toContain('The account moves to this Mac: "studio", "mini" are shut out at once.');
    expect(moved.stdout).toContain("Move this account to this Mac? [y/N]");
    expect(server.claims).toMatchObject([{ takeover: true }]);
  });

  it("ENR2 names from elsewhere cannot move the cursor", async () => {
    server.looked = { account_name: "a\u001b[2Jb\u202Ec\n\nRelay    https://good.example" };
    const { stdout } = await run(["enroll", link(), "--yes"]);
    expect(stdout).toContain("Account  a?[2Jb?c??Relay    https://good.example (acc_test)");
  });

  it("ENR3 an answer that is lost is asked for again with the same key", async () => {
    server.deafClaims = 2;
    expect(await run(["enroll", link(), "--yes"])).toMatchObject({ code: 0, stderr: "" });
    expect(new Set(server.claims.map(({ public_key }) => public_key)).size).toBe(1);
    expect(server.claims).toHaveLength(3);
  });

  it("ENR2 a code on standard input is read to the end of its line", async () => {
    const joined = start(["enroll", "-", "--yes"], {}, `${link()}\n`);
    expect(await joined.finished).toMatchObject({ code: 0 });
    expect(await run(["enroll", "-", "--yes", "--force"])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("must look like"),
    });
  });
});

describe("what goes wrong", () => {
  it("ID5 a link that is none is misuse, and nobody is asked", async () => {
    const cases = [
      [["enroll"], "one enrolment link"],
      [["enroll", "nonsense"], "must look like"],
      [["enroll", server.origin], "no enrolment code"],
      [["enroll", `http://relay.example.com#${CODE}`], "https://"],
      [["enroll", `http://127.0.0.1.example.com#${CODE}`], "https://"],
      [["enroll", `https://me:secret@relay.example.com#${CODE}`], "no user name"],
      [["enroll", link(), "--profile", "../x"], "profile"],
      [["enroll", link(), "--bogus"], "--bogus"],
    ] as const;
    const ended = await Promise.all(cases.map(([args]) => run(args)));
    for (const [at, [, words]] of cases.entries())
      expect(ended[at]).toMatchObject({
        code: 2,
        stderr: expect.stringContaining(words.replace("no user", "user")),
      });
    expect(server.looks).toEqual([]);
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
    server.refuseClaim = { status, code };
    expect(await run(["enroll", link(), "--yes"])).toEqual({
      code: 1,
      stdout: "",
      stderr: `imsg-relay-agent: ${words}\n`,
    });
    expect(existsSync(path.join(home, "agent"))).toBe(false);
  });

  const sentence = async (origin: string, env?: NodeJS.ProcessEnv): Promise<string> => {
    const { code, stdout, stderr } = await run(["enroll", link(origin), "--yes"], env);
    expect([code, stdout, lines(stderr)]).toEqual([1, "", [expect.any(String)]]);
    return stderr.replace("imsg-relay-agent: ", "").trimEnd();
  };

  it("ENR2 what is no relay is told from a code that is wrong", async () => {
    const page = await answering((_, response) => void response.end("<html>welcome</html>"));
    expect(await sentence(page)).toBe(
      `what answers at ${page} is no relay, or a relay of another version; is the address right?`,
    );
    const none = await answering((_, response) => void response.writeHead(404).end("nope"));
    expect(await sentence(none)).toContain("is no relay");
    const proxy = await answering((_, response) => void response.writeHead(502).end());
    expect(await sentence(proxy)).toBe(`${proxy} is not available (HTTP 502); try again in a minute`);
    const flood = await answering((_, response) => void response.end("x".repeat(100_000)));
    expect(await sentence(flood)).toBe("the relay cannot be reached: its answer is too long");
    const odd = await answering((_, response) => void response.end('{"account":7}'));
    expect(await sentence(odd)).toContain("is no relay");
  });

  it("ENR2 a redirect is named and not followed: the code would go elsewhere", async () => {
    const heard: string[] = [];
    const elsewhere = await answering((request, response) => {
      heard.push(request.url ?? "");
      response.end();
    });
    const origin = await answering(
      (_, response) => void response.writeHead(308, { location: `${elsewhere}/v1/enrolments/look` }).end(),
    );
    expect(await sentence(origin)).toBe(
      `${origin} points to ${elsewhere} (HTTP 308); the link must name the relay's own address, nothing was sent there`,
    );
    expect(heard).toEqual([]);
  });

  it("ENR2 a relay that takes no agents at this address says which one is right", async () => {
    server.looked = { origin: "https://relay.example.com", origin_accepted: false };
    expect(await sentence(server.origin)).toBe(
      `this relay takes no agents at ${server.origin}; it says that its address is https://relay.example.com: use the link with that`,
    );
    expect(server.claims).toEqual([]);
  });

  it("ENR2 a host that is not there, or does not listen", async () => {
    expect(await sentence("http://127.0.0.1:1")).toBe(
      "the relay cannot be reached: nothing listens at 127.0.0.1:1; is the address right, and does the relay run?",
    );
    const plain = await answering((_, response) => void response.end());
    expect(await sentence(plain.replace("http", "https"))).toBe(
      `the relay cannot be reached: ${plain.slice(7)} does not speak TLS; is the address right?`,
    );
  });

  it("ENR2 a proxy in between is named, since it may be what fails", async () => {
    const refusing = await answering(() => undefined);
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
      listening(
        createTlsServer(certificate, (_, response) => void response.end()),
        "https",
      );
    const [own, other, old] = [
      certificateFor("localhost"),
      certificateFor("relay.example.com"),
      certificateFor("localhost", Date.now() - 1_000),
    ];
    const trusting = (cert: string): NodeJS.ProcessEnv => {
      const at = path.join(home, "ca.pem");
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
