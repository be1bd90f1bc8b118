import { expect, it } from "vitest";
import { DEFAULT_CONFIG } from "../../agent/config/config.ts";
import { readOwnerFile } from "../../agent/config/config-file.ts";
import { DEFAULT_FILE } from "../../agent/config/default-file.ts";

const mistake = (text: string) => {
  const read = readOwnerFile(text);
  return read.ok ? undefined : read.error;
};

it("I1: without a file, and with the one written at enrolment, everything is as by default", () => {
  for (const text of [undefined, "", "{}", DEFAULT_FILE]) {
    expect(readOwnerFile(text)).toMatchObject({
      ok: true,
      value: { cliPath: "imsg", config: DEFAULT_CONFIG },
    });
  }
});

it("I1: every setting shown in the default file is a setting", () => {
  const live = DEFAULT_FILE.replaceAll(/^( *)\/\/ ("\w+":)/gm, "$1$2");
  expect(live).not.toBe(DEFAULT_FILE);
  expect(mistake(live)).toBeUndefined();
});

it("I1: settings are read", () => {
  const read = readOwnerFile(`{
    "cliPath": "/opt/imsg", "dbPath": "~/chat.db", "debounce_ms": 10, "read_only": true,
    "methods": { "deny": ["send"] }, "recipients": { "allow": ["+1"] }, "send_roots": ["/a"],
    "link": { "heartbeat_ms": 100, "dead_after_ms": 250 }, "intervals": { "database_look_ms": 50 }, // trailing
  }`);
  expect(read).toMatchObject({
    ok: true,
    value: {
      cliPath: "/opt/imsg",
      dbPath: "~/chat.db",
      config: {
        debounceMs: 10,
        rules: {
          readOnly: true,
          methods: { allow: undefined, deny: ["send"] },
          recipients: { allow: ["+1"], deny: [] },
          sendRoots: ["/a"],
        },
        times: { heartbeatMs: 100, deadAfterMs: 250, databaseLookMs: 50 },
      },
    },
  });
});

const MISTAKES = [
  ['{\n  // a comment\n  "read_onyl": true\n}', 3, 'unknown setting "read_onyl"; did you mean "read_only"?'],
  ['{\n  "readOnly": true\n}', 2, 'unknown setting "readOnly"; did you mean "read_only"?'],
  ['{ "methods": {\n "denny": []\n} }', 2, 'unknown setting "methods.denny"; did you mean "deny"?'],
  ['{ "quite_another": 1 }', 1, 'unknown setting "quite_another"'],
] as const;
for (const [text, line, message] of MISTAKES) {
  it(`I1: a mistyped veto stops the start and names its line: ${message}`, () => {
    expect(mistake(text)).toEqual({ line, message });
  });
}

it("I1: a wrong type names the setting and its line", () => {
  expect(mistake('{\n\n  "read_only": "yes"\n}')).toMatchObject({
    line: 3,
    message: expect.stringContaining('"read_only"'),
  });
  expect(mistake('{\n "methods": { "deny": [\n "send",\n 7 ] }\n}')).toMatchObject({
    line: 4,
    message: expect.stringContaining('"methods.deny.3"'.replace("3", "1")),
  });
});

it("I1: what is not JSON names its line", () => {
  expect(mistake('{\n  "read_only": true,\n  nonsense\n}')).toMatchObject({ line: 3 });
  expect(mistake("[]")).toMatchObject({ line: 1 });
});

it("I1: the folders of attachments and their cap are the owner's, with defaults", () => {
  const settingsOf = (text: string) => {
    const read = readOwnerFile(text);
    return read.ok ? [read.value.attachmentRoots, read.value.config.capBytes] : read.error.message;
  };
  const MIB = 1024 * 1024;
  expect(settingsOf("{}")).toEqual([["~/Library/Messages/Attachments"], 100 * MIB]);
  expect(settingsOf('{ "attachment_roots": ["/a/*/b", "~/c"], "media_max_mb": 0.5 }')).toEqual([
    ["/a/*/b", "~/c"],
    MIB / 2,
  ]);
  expect(settingsOf('{ "attachment_roots": [] }')).toEqual([[], 100 * MIB]);
  for (const root of ["Attachments", "./a", "/a/../b", "~/../b", "~other/a", ""])
    expect(settingsOf(JSON.stringify({ attachment_roots: [root] }))).toContain('"attachment_roots.0"');
});
