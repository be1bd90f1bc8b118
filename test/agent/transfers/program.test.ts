// The built agent: which folders it reads from, and what it says of its transfers.
import { mkdirSync, mkdtempSync, readdirSync, utimesSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, afterEach, beforeAll, expect, it, vi } from "vitest";
import { Mac } from "../../imsg-sim/scenario.ts";
import { CODE, WAIT } from "../support/agent-home.ts";
import { Programs, RelayServer, Running } from "../support/programs.ts";
import { LONG_AGO } from "../support/transfer-mac.ts";

const HEAD = { head: true, range: null, if_range: null, if_none_match: null, cap: 1_000_000 };

let programs: Programs;
const running: Running[] = [];
const servers: RelayServer[] = [];
beforeAll(() => {
  programs = new Programs();
});
afterAll(() => programs.dispose());
afterEach(async () => {
  for (const one of running) one.kill("SIGKILL");
  await Promise.all(running.splice(0).map(({ finished }) => finished));
  for (const server of servers.splice(0)) await server.close();
});

/** An agent that is linked, with a home of its own. */
async function linked(settings: (home: string) => Record<string, unknown>) {
  const server = new RelayServer();
  servers.push(server);
  await server.listen();
  const home = mkdtempSync(path.join(programs.folder, "home-"));
  const mac = new Mac({ folder: mkdtempSync(path.join(programs.folder, "mac-")) });
  const begin = (...args: string[]): Running => {
    const environment = { PATH: process.env["PATH"], HOME: home, IMSG_RELAY_HOME: path.join(home, "relay") };
    const one = new Running(programs.agent, args, environment);
    running.push(one);
    return one;
  };
  expect(await begin("enroll", "--yes", `${server.origin}#${CODE}`).finished).toMatchObject({ code: 0 });
  const config = { cliPath: programs.imsg, dbPath: mac.dbPath, debounce_ms: 10, ...settings(home) };
  writeFileSync(path.join(home, "relay", "agent", "default", "agent.jsonc"), JSON.stringify(config));
  const agent = begin("run");
  await vi.waitFor(() => expect(server.relay.resume).not.toBeNull(), WAIT);
  const said = (transfer: string) =>
    vi.waitFor(() => {
      const frame = server.relay.frames.find((one) => one.t === "transfer" && one.transfer === transfer);
      if (frame === undefined) throw new Error("nothing was said");
      return frame;
    }, WAIT);
  return { server, home, agent, begin, said };
}
function file(...names: string[]): string {
  const at = path.join(...names);
  mkdirSync(path.dirname(at), { recursive: true });
  writeFileSync(at, "content");
  utimesSync(at, LONG_AGO, LONG_AGO);
  return at;
}

it("I1: by default attachments come out of Messages' own folder; the log and `status` count them", async () => {
  const { server, home, agent, begin, said } = await linked(() => ({}));
  file(home, "Library/Messages/Attachments/ab/private.png");
  server.relay.send({
    t: "read",
    transfer: "t1",
    path: "~/Library/Messages/Attachments/ab/private.png",
    ...HEAD,
  });
  expect(await said("t1")).toMatchObject({ state: "opened", status: 200, size: 7 });
  server.relay.send({ t: "read", transfer: "t2", path: file(home, "private.png"), ...HEAD });
  expect(await said("t2")).toMatchObject({ state: "failed", error: { code: "forbidden_by_mac" } });
  await vi.waitFor(() => expect(agent.stderr.match(/"event":"transfer"/g)).toHaveLength(2), WAIT);
  expect(agent.stderr).toContain('"direction":"read","bytes":0,');
  expect(agent.stderr).not.toContain("private");
  await vi.waitFor(
    async () =>
      expect((await begin("status").finished).stdout).toContain("Files    0 under way, 1 done, 1 failed\n"),
    WAIT,
  );
});

it("I1: the owner's folders and cap are those of agent.jsonc, and what is staged is in the profile", async () => {
  const { server, home, said } = await linked((home) => ({
    attachment_roots: [`${home}/media/*/in`],
    media_max_mb: 0.00001,
  }));
  const read = (transfer: string, of: string): void =>
    server.relay.send({ t: "read", transfer, path: of, ...HEAD });
  read("t1", file(home, "media/ada/in/a.png"));
  expect(await said("t1")).toMatchObject({ state: "opened", size: 7 });
  read("t2", file(home, "Library/Messages/Attachments/b.png"));
  expect(await said("t2")).toMatchObject({ error: { code: "forbidden_by_mac" } });
  const large = file(home, "media/ada/in/large.png");
  writeFileSync(large, "more than ten bytes");
  read("t3", large);
  expect(await said("t3")).toMatchObject({ error: { code: "too_large", size: 19, cap: 10 } });
  const write = { staged: null, name: "a.txt", offset: 0, length: 0, cap: 1_000 };
  server.relay.send({ t: "write", transfer: "t4", size: 10, ...write });
  expect(await said("t4")).toMatchObject({ state: "staged", name: "a.txt", offset: 0 });
  expect(readdirSync(path.join(home, "relay", "agent", "default", "staging"))).toHaveLength(1);
  server.relay.send({ t: "write", transfer: "t5", size: 11, ...write });
  expect(await said("t5")).toMatchObject({ error: { code: "too_large", cap: 10 } });
});
