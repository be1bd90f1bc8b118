import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import * as z from "zod";
import { anyFreePort } from "../../host/ports.ts";
import { http } from "./http.ts";
import { isAlive, Launcher, occupy, runHost } from "./launcher.ts";
import { tempFolder, type TempFolder } from "./temp.ts";

const madeSchema = z.looseObject({ relay: z.string(), tenant: z.string(), enroll: z.string() });

let folder: TempFolder;
let state: string;
beforeEach(() => {
  folder = tempFolder("serve");
  state = path.join(folder.path, "state");
});
afterEach(() => folder.remove());

describe("serve", () => {
  test("serves the relay alone, for the origins it was given, and a set-up as it was printed works", async () => {
    const port = await anyFreePort("127.0.0.1");
    const origin = `http://127.0.0.1:${port}`;
    const launcher = await Launcher.start(state, ["serve", "--port", String(port)]);
    await launcher.says("The relay listens");
    expect((await http(`${origin}/v1/health`)).json()).toMatchObject({ ok: true });
    const setup = await launcher.says("imsg-relay setup");
    const done = await launcher.typed(`${setup.trim()} --json`);
    const made = madeSchema.parse(JSON.parse(done.out));
    expect(made).toMatchObject({ relay: origin, enroll: expect.stringContaining("enroll") });
    const { relay } = launcher.children();
    expect(await launcher.interrupt("SIGTERM")).toBe("code 0");
    expect(isAlive(relay ?? 0)).toBe(false);
    const again = await Launcher.start(state, ["serve", "--port", String(port)]);
    await again.says("The relay listens");
    const operatorKey = /"OPERATOR_KEY": "(.*)"/.exec(
      readFileSync(path.join(state, "secrets.json"), "utf8"),
    )?.[1];
    const tenants = await http(`${origin}/v1/tenants`, { key: operatorKey });
    expect(tenants.text).toContain(made.tenant);
    await again.interrupt();
  });

  test.each([
    [[], 400],
    [["--webhooks-to-loopback"], 201],
  ] as const)("%j: a webhook to this machine is answered %i", async (flags, status) => {
    const port = await anyFreePort("127.0.0.1");
    const launcher = await Launcher.start(state, ["serve", "--port", String(port), ...flags]);
    const setup = await launcher.says("imsg-relay setup");
    const { tenant, relay } = madeSchema.parse(
      JSON.parse((await launcher.typed(`${setup.trim()} --json`)).out),
    );
    const secrets = readFileSync(path.join(state, "secrets.json"), "utf8");
    const key = /"OPERATOR_KEY": "(.*)"/.exec(secrets)?.[1];
    const body = { url: "http://127.0.0.1:3000/hook" };
    const made = await http(`${relay}/v1/tenants/${tenant}/endpoints`, { method: "POST", key, body });
    expect(made.status).toBe(status);
    await launcher.interrupt();
  });

  test("a taken port ends it with the reason, since the proxy in front expects this one", async () => {
    const port = await anyFreePort("127.0.0.1");
    const other = await occupy(port);
    const { code, err } = await runHost(["serve", "--state", state, "--port", String(port)]);
    other.close();
    expect(code).toBe(1);
    expect(err).toContain(`Port ${port} is taken`);
    expect(existsSync(path.join(state, "running.json"))).toBe(false);
  });
});

describe("the command line", () => {
  test.each([
    [["start", "--port", "http"], "http is no port"],
    [["start", "now"], "now is one word too many"],
    [["dance"], "There is no command dance"],
    [["serve", "--origin", "relay.example.com"], "relay.example.com is no origin"],
    [["serve", "--origin", "http://relay.example.com"], "http://relay.example.com is not https"],
    [["start", "--prot", "1"], "There is no option --prot.\n"],
  ])("%j is refused with a sentence, and says where the help is", async (args, sentence) => {
    const { code, out, err } = await runHost(args);
    expect(code).toBe(2);
    expect(err).toContain(sentence);
    expect(err).toContain("npm start -- --help");
    expect(out).toBe("");
  });

  test("--help is printed, and nothing else happens", async () => {
    const { code, out } = await runHost(["start", "--help", "--state", state]);
    expect(code).toBe(0);
    expect(out).toContain("--demo-mac");
    expect(existsSync(state)).toBe(false);
  });
});
