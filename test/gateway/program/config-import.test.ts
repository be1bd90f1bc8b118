import { writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { ConfigRelay, TENANT } from "../support/config-relay.ts";
import { ACCOUNT } from "../support/local-relay.ts";
import type { Ended, Place } from "../support/program.ts";
import { eachOnAStage } from "../support/stage.ts";

let relay: ConfigRelay;
let place: Place;
eachOnAStage(ConfigRelay, (...made) => ([relay, place] = made));

const config = (...argv: string[]): Promise<Ended> =>
  place.run(["config", ...argv], { IMSG_RELAY_URL: relay.connection }).end();

const FILE = `// ~/.openclaw/openclaw.json
{
  agents: { list: [{ id: 'main', groupChat: { mentionPatterns: ["@?molty"] } }], },
  session: { dmScope: "per-peer" },
  channels: {
    telegram: { enabled: true },
    imessage: {
      cliPath: "/opt/openclaw/imsg-ssh",
      remoteHost: "anna@mac.tail.ts.net",
      dmPolicy: "allowlist",
      allowFrom: ["+15551234567", 15557654321,], /* the family */
      actions: { polls: false },
      accounts: {
        home: {},
        work: { dmPolicy: "open", allowFrom: ["*"] },
      },
    },
  },
}
`;

function file(text = FILE): string {
  const name = path.join(place.home, "openclaw.json");
  writeFileSync(name, text);
  return name;
}

describe("import", () => {
  test("a JSON5 file becomes the account's overrides, and every key is accounted for", async () => {
    relay.keep({ region: "DE" });
    const { code, out, err } = await config("import", file());
    expect([code, err]).toEqual([0, ""]);
    expect(relay.document).toEqual({
      region: "DE",
      accounts: {
        [ACCOUNT]: {
          mentionPatterns: ["@?molty"],
          dmScope: "per-peer",
          dmPolicy: "allowlist",
          allowFrom: ["+15551234567", "15557654321"],
        },
      },
    });
    expect(out).toMatch(/^dmPolicy +channels\.imessage\.dmPolicy$/m);
    expect(out).toMatch(/^channels\.imessage\.actions +what a gateway's agent may do/m);
    expect(out).toMatch(/^channels\.imessage\.accounts\.work +no account of the relay is named for it/m);
    expect(out).toMatch(/^channels\.imessage\.remoteHost +on that Mac, run `imsg-relay-agent enroll/m);
    expect(out).toContain("Version 2. Changed: ");
  });

  test("one of OpenClaw's accounts is the account of the login", async () => {
    await config("import", file(), "--account", `work=${ACCOUNT}`);
    expect(relay.document.accounts?.[ACCOUNT]).toMatchObject({ dmPolicy: "open", allowFrom: ["*"] });
  });

  test("on the tenant, with several accounts", async () => {
    const accounts = ["--account", `work=${ACCOUNT}`, "--account=home=acc_h0me"];
    expect(await config("import", file(), "--tenant", TENANT, ...accounts)).toMatchObject({ code: 0 });
    expect(relay.document).toMatchObject({
      dmPolicy: "allowlist",
      accounts: { [ACCOUNT]: { dmPolicy: "open", allowFrom: ["*"] } },
    });
  });

  test("--dry-run asks nobody and shows what would be", async () => {
    const dry = await config("import", file(), "--dry-run");
    expect(dry).toMatchObject({ code: 0, out: expect.stringContaining("Nothing was changed. It would be:") });
    expect(JSON.parse((await config("import", file(), "--dry-run", "--json")).out)).toMatchObject({
      patch: { dmPolicy: "allowlist" },
      report: {
        forTheMac: [{ path: "channels.imessage.cliPath" }, { path: "channels.imessage.remoteHost" }],
      },
    });
    expect(relay.asked).toEqual([]);
  });

  test("what is wrong is named by its place in the file, and nothing is sent", async () => {
    const wrong = file("{ dmPolicy: 'opn', allowFrm: [], brandNew: true }");
    const refused = await config("import", wrong);
    expect(refused).toMatchObject({ code: 1, out: "" });
    expect(refused.err.trimEnd().split("\n")).toEqual([
      "imsg-relay: nothing was changed:",
      "  allowFrm: is no setting that is known (found []); did you mean allowFrom?",
      "  brandNew: is no setting that is known (found true)",
      '  dmPolicy: must be pairing, allowlist, open or disabled (found "opn"); did you mean open?',
    ]);
    const json = await config("import", wrong, "--json");
    expect([json.code, JSON.parse(json.out)]).toMatchObject([
      1,
      { patch: null, report: { problems: [{}, {}, {}] } },
    ]);
    expect(relay.asked).toEqual([]);
    expect(await config("import", file("{ region: 'DE', brandNew: true }"), "--skip-unknown")).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^brandNew +not known$/m),
    });
  });

  test("a file that is not there, not JSON5, or far too large", async () => {
    expect(await config("import", path.join(place.home, "nothing"))).toMatchObject({
      code: 1,
      err: expect.stringContaining("there is no file"),
    });
    expect((await config("import", place.home)).err).toMatch(/cannot be read \(EISDIR\)/);
    expect((await config("import", file("{ a: }"))).err).toMatch(/is not JSON5: .*1:6/);
    expect((await config("import", file(" ".repeat(4 * 1_024 * 1_024 + 1)))).err).toMatch(
      /is over \d+ bytes/,
    );
  });
});
