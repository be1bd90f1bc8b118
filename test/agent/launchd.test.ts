// The LaunchAgent as text, and what launchd is asked in which order.
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { parse as readPlist } from "plist";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { holdsPassword, serviceEnvironment } from "../../agent/launchd/environment.ts";
import { describeService, type Service } from "../../agent/launchd/launch-agent.ts";
import { homebrewLink, isPassing, managerOf } from "../../agent/launchd/node-place.ts";
import { launchAgentOf, logOf, stderrLogOf } from "../../agent/launchd/place.ts";
import { encodePlist } from "../../agent/launchd/plist.ts";
import {
  failureInWords,
  installService,
  uninstallService,
  type ServicePlace,
} from "../../agent/launchd/service.ts";
import { LAUNCHCTL_RETRIES } from "../../agent/limits.ts";

const SERVICE: Service = {
  label: "imsg-relay-agent.default",
  profile: "default",
  node: "/usr/local/bin/node",
  program: "/usr/local/lib/agent.cjs",
  log: "/Users/ada/Library/Logs/imsg-relay-agent/default.log",
  stderrLog: "/Users/ada/Library/Logs/imsg-relay-agent/default.stderr.log",
  environment: { PATH: "/usr/bin:/bin", HTTPS_PROXY: "http://proxy:3128" },
};
const encoded = (service: Service): string => {
  const text = encodePlist(describeService(service));
  if (!text.ok) throw new Error(text.error);
  return text.value;
};

describe("a reader of property lists", () => {
  it("finds in the LaunchAgent what launchd needs", () => {
    expect(readPlist(encoded(SERVICE))).toEqual({
      Label: "imsg-relay-agent.default",
      ProgramArguments: [
        "/usr/local/bin/node",
        "/usr/local/lib/agent.cjs",
        "run",
        "--profile",
        "default",
        "--log",
        SERVICE.log,
      ],
      EnvironmentVariables: { PATH: "/usr/bin:/bin", HTTPS_PROXY: "http://proxy:3128" },
      LimitLoadToSessionType: "Aqua",
      RunAtLoad: true,
      KeepAlive: { SuccessfulExit: false },
      ThrottleInterval: 15,
      ExitTimeOut: 10,
      ProcessType: "Interactive",
      StandardOutPath: SERVICE.stderrLog,
      StandardErrorPath: SERVICE.stderrLog,
      Umask: 0o077,
    });
  });

  const ODD = [
    `/Users/ada & "bob" <c> 'd'/node`,
    "/Users/</string><true/>/node",
    "/Users/&amp;/]]>/<!--/node",
    "/Users/tab\tline\nreturn\r/node",
    "/Users/Zoë Ångström/日本/👩🏽‍🚀/node",
    "  /leading and trailing  ",
    "/Users/%USER%/$HOME/`id`/node",
  ];
  for (const odd of ODD) {
    it(`reads ${JSON.stringify(odd)} as it was written`, () => {
      const service = { ...SERVICE, node: odd, program: odd, environment: { PATH: odd, [odd]: odd } };
      expect(readPlist(encoded(service))).toMatchObject({
        ProgramArguments: [odd, odd, "run", "--profile", "default", "--log", SERVICE.log],
        EnvironmentVariables: { PATH: odd, [odd]: odd },
      });
    });
  }
});

it("a text that no XML can hold is refused, and not written as something else", () => {
  for (const impossible of ["/a\u0000b", "/a\u0007b", "/a\uD800b", "/a\uFFFEb"]) {
    const service = { ...SERVICE, environment: { PATH: impossible } };
    expect(encodePlist(describeService(service))).toEqual({ ok: false, error: impossible });
  }
});

it("every profile has a label, a LaunchAgent and logs of its own", () => {
  expect(launchAgentOf("default", "/Users/ada")).toEqual({
    label: "imsg-relay-agent.default",
    plist: "/Users/ada/Library/LaunchAgents/imsg-relay-agent.default.plist",
  });
  const log = logOf("work", "/Users/ada");
  expect([log, stderrLogOf(log)]).toEqual([
    "/Users/ada/Library/Logs/imsg-relay-agent/work.log",
    "/Users/ada/Library/Logs/imsg-relay-agent/work.stderr.log",
  ]);
});

it("launchd's PATH has imsg's folder and Homebrew's, and does not change with the window", () => {
  const PATH = "/opt/homebrew/bin:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin";
  expect(serviceEnvironment({ PATH: "/odd:/usr/bin", HOME: "/Users/ada", SECRET: "x" }, undefined)).toEqual({
    PATH,
  });
  expect(serviceEnvironment({}, "/Users/ada/bin/imsg")).toEqual({ PATH: `/Users/ada/bin:${PATH}` });
  expect(serviceEnvironment({}, "/usr/local/bin/imsg")["PATH"]?.split(":").sort()).toEqual(
    PATH.split(":").sort(),
  );
});

it("the way to the network is carried, and a password in it is noticed", () => {
  const proxies = {
    HTTPS_PROXY: "http://ada:secret@proxy:3128",
    no_proxy: "localhost",
    NODE_EXTRA_CA_CERTS: "/etc/company.pem",
    IMSG_RELAY_HOME: "/Volumes/x/relay",
  };
  const environment = serviceEnvironment({ ...proxies, http_proxy: "" }, undefined);
  expect(environment).toEqual({ PATH: expect.any(String), ...proxies });
  expect(holdsPassword(environment)).toBe(true);
  expect(holdsPassword({ HTTPS_PROXY: "http://proxy:3128", PATH: "/a:/b" })).toBe(false);
});

const NODES = [
  ["/opt/homebrew/Cellar/node/24.1.0/bin/node", "Homebrew"],
  ["/usr/local/Cellar/node@22/22.15.0/bin/node", "Homebrew"],
  ["/Users/ada/.nvm/versions/node/v22.15.0/bin/node", "nvm"],
  ["/Users/ada/.local/share/fnm/node-versions/v22.15.0/installation/bin/node", "fnm"],
  ["/Users/ada/.volta/tools/image/node/22.15.0/bin/node", "Volta"],
  ["/Users/ada/.asdf/installs/nodejs/22.15.0/bin/node", "asdf"],
  ["/Users/ada/.local/share/mise/installs/node/22.15.0/bin/node", "mise"],
  ["/Users/ada/.nodenv/versions/22.15.0/bin/node", "nodenv"],
  ["/usr/local/n/versions/node/22.15.0/bin/node", "n"],
  ["/usr/local/bin/node", null],
  ["/opt/node/bin/node", null],
] as const;
for (const [node, manager] of NODES) {
  it(`${node} is kept by ${manager ?? "nobody"}`, () => expect(managerOf(node)).toBe(manager));
}

it("Homebrew's own link is known; what npm or macOS empties is no place for a program", () => {
  expect(homebrewLink("/opt/homebrew/Cellar/node@22/22.15.0/bin/node")).toBe(
    "/opt/homebrew/opt/node@22/bin/node",
  );
  expect(homebrewLink("/usr/local/bin/node")).toBeUndefined();
  expect(isPassing("/Users/ada/.npm/_npx/1a2b/node_modules/.bin/imsg-relay-agent")).toBe(true);
  expect(isPassing("/private/var/folders/ab/x/agent.cjs")).toBe(true);
  expect(isPassing("/usr/local/lib/node_modules/imsg-relay/dist/bin/imsg-relay-agent")).toBe(false);
});

describe("launchd", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), "launchd-"));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  /** One that answers as it is told; what it was asked is kept. */
  function scripted(answers: readonly (readonly [code: number, text?: string] | null)[]) {
    const asked: string[] = [];
    const waits: number[] = [];
    const place: ServicePlace = {
      label: "imsg-relay-agent.default",
      plist: path.join(folder, "LaunchAgents", "imsg-relay-agent.default.plist"),
      uid: 501,
      launchctl: (args) => {
        asked.push(args.join(" "));
        const answer = answers[asked.length - 1];
        if (answer === undefined) throw new Error(`not expected: ${args.join(" ")}`);
        return Promise.resolve(answer === null ? null : { code: answer[0], text: answer[1] ?? "" });
      },
      wait: (ms) => {
        waits.push(ms);
        return Promise.resolve();
      },
    };
    return { place, asked, waits };
  }
  const ABSENT = [113, "Could not find service"] as const;
  const FINE = [0] as const;
  const SERVICE_TARGET = "gui/501/imsg-relay-agent.default";

  it("is told of a new one: enabled, then loaded from a file that nobody else can read", async () => {
    const { place, asked } = scripted([ABSENT, FINE, FINE]);
    expect(await installService(place, "text")).toEqual({ ok: true, value: "installed" });
    expect(asked).toEqual([
      `print ${SERVICE_TARGET}`,
      `enable ${SERVICE_TARGET}`,
      `bootstrap gui/501 ${place.plist}`,
    ]);
    expect(readFileSync(place.plist, "utf8")).toBe("text");
    expect(statSync(place.plist).mode & 0o777).toBe(0o600);
  });

  it("is left alone where nothing changed", async () => {
    await installService(scripted([ABSENT, FINE, FINE]).place, "text");
    const { place, asked } = scripted([FINE]);
    expect(await installService(place, "text")).toEqual({ ok: true, value: "unchanged" });
    expect(asked).toEqual([`print ${SERVICE_TARGET}`]);
  });

  it("ends the one before, waits until it has ended, and takes the changed one", async () => {
    await installService(scripted([ABSENT, FINE, FINE]).place, "text");
    const { place, asked, waits } = scripted([
      FINE,
      [36],
      FINE,
      FINE,
      ABSENT,
      FINE,
      [5, "Input/output error"],
      FINE,
    ]);
    expect(await installService(place, "other")).toEqual({ ok: true, value: "replaced" });
    expect(asked.map((call) => call.split(" ")[0])).toEqual([
      "print",
      "bootout",
      "print",
      "print",
      "print",
      "enable",
      "bootstrap",
      "bootstrap",
    ]);
    expect(waits).toHaveLength(3);
    expect(readFileSync(place.plist, "utf8")).toBe("other");
  });

  it("takes the same one again where it had been unloaded", async () => {
    await installService(scripted([ABSENT, FINE, FINE]).place, "text");
    expect(await installService(scripted([ABSENT, FINE, FINE]).place, "text")).toEqual({
      ok: true,
      value: "started",
    });
  });

  it("does not end the one before: nothing is overwritten", async () => {
    await installService(scripted([ABSENT, FINE, FINE]).place, "text");
    const { place } = scripted([FINE, FINE, ...Array.from({ length: 40 }, () => FINE)]);
    const stays = await installService(place, "other");
    expect(stays).toMatchObject({ ok: false, error: { kind: "stays" } });
    expect(readFileSync(place.plist, "utf8")).toBe("text");
  });

  it("refuses for good: said with its own words, after so many tries and no more", async () => {
    const refusals = Array.from(
      { length: LAUNCHCTL_RETRIES + 1 },
      () => [5, "Bootstrap failed: 5\n"] as const,
    );
    const { place, waits } = scripted([ABSENT, FINE, ...refusals]);
    const refused = await installService(place, "text");
    expect(refused).toEqual({
      ok: false,
      error: { kind: "refused", what: "bootstrap", code: 5, said: "Bootstrap failed: 5" },
    });
    expect(waits).toHaveLength(LAUNCHCTL_RETRIES);
    expect(refused.ok ? "" : failureInWords(refused.error, place)).toContain("Bootstrap failed: 5");
  });

  for (const [name, answers] of [
    ["print", [[113, "Could not find domain for gui: 501"]]],
    ["bootstrap", [ABSENT, FINE, [125, "Domain does not support specified action"]]],
  ] as const) {
    it(`says at ${name} that nobody is logged in at the screen`, async () => {
      const { place } = scripted(answers);
      const refused = await installService(place, "text");
      expect(refused.ok ? "" : failureInWords(refused.error, place)).toContain(
        "logged in at this Mac's screen",
      );
    });
  }

  it("is not here at all", async () => {
    const { place } = scripted([null, null, null]);
    const refused = await installService(place, "text");
    expect(refused.ok ? "" : failureInWords(refused.error, place)).toContain("no launchctl here");
    expect(await uninstallService(place)).toEqual({ ok: true, value: false });
  });

  it("forgets it: unloaded, its file removed; a second time there is nothing to do", async () => {
    await installService(scripted([ABSENT, FINE, FINE]).place, "text");
    const { place, asked } = scripted([FINE, FINE, ABSENT]);
    expect(await uninstallService(place)).toEqual({ ok: true, value: true });
    expect(asked[1]).toBe(`bootout ${SERVICE_TARGET}`);
    expect(await uninstallService(scripted([ABSENT]).place)).toEqual({ ok: true, value: false });
  });

  it("forgets one whose session is gone by its file alone", async () => {
    await installService(scripted([ABSENT, FINE, FINE]).place, "text");
    const { place } = scripted([[113, "Could not find domain"]]);
    expect(await uninstallService(place)).toEqual({ ok: true, value: true });
    expect(() => statSync(place.plist)).toThrow("ENOENT");
  });
});
