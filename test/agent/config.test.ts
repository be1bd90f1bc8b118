import { expect, it } from "vitest";
import { DEFAULT_CONFIG } from "../../agent/config/config.ts";
import { readOwnerFile } from "../../agent/config/config-file.ts";
import { fileSchema } from "../../agent/config/file-schema.ts";
import { METHOD_NAMES } from "../../shared/methods.ts";
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

const shown = [...DEFAULT_FILE.matchAll(/^ *\/\/ "(\w+)":.*$/gm)].map(([line, key]) => ({
  line,
  key: key ?? "",
}));
/** One line of the default file without its comment mark; all the others as they are. */
const uncommented = (line: string): string => DEFAULT_FILE.replace(line, line.replace("// ", ""));

for (const { line, key } of shown) {
  it(`I3: the default file's line of ${key}, uncommented, is a setting that changes something`, () => {
    const read = readOwnerFile(uncommented(line));
    const changed = JSON.stringify(read) !== JSON.stringify(readOwnerFile("{}"));
    // Those that show what is so anyway.
    const isDefault = ["debounce_ms", "attachment_roots", "media_max_mb"].includes(key);
    expect({ mistake: read.ok ? null : read.error, changed }).toEqual({ mistake: null, changed: !isDefault });
  });
}

it("I3: the default file shows every setting an owner may want, and all of it together is fine", () => {
  const internal = new Set(["link", "intervals"]);
  expect(shown.map(({ key }) => key).sort()).toEqual(
    Object.keys(fileSchema.shape)
      .filter((key) => !internal.has(key))
      .sort(),
  );
  const all = shown.reduce((text, { line }) => text.replace(line, line.replace("// ", "")), DEFAULT_FILE);
  expect(mistake(all)).toBeUndefined();
});

it("I1: settings are read", () => {
  const read = readOwnerFile(`{
    "cliPath": "/opt/imsg", "dbPath": "~/chat.db", "debounce_ms": 10, "read_only": true,
    "methods": { "deny": ["send"] }, "recipients": { "allow": ["+1"] }, "send_roots": ["/a"],
    "paused": true, "sends": { "per_hour": 0, "per_day": 7 }, "keep_awake": "on_power",
    "link": { "heartbeat_ms": 100, "dead_after_ms": 250 }, "intervals": { "database_look_ms": 50 }, // trailing
  }`);
  expect(read).toMatchObject({
    ok: true,
    value: {
      cliPath: "/opt/imsg",
      dbPath: "~/chat.db",
      keepAwake: "on_power",
      config: {
        debounceMs: 10,
        rules: {
          paused: true,
          readOnly: true,
          sends: { perHour: 0, perDay: 7 },
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
  [
    '{\n  // a comment\n  "read_onyl": true\n}',
    3,
    3,
    'unknown setting "read_onyl"; did you mean "read_only"?',
  ],
  ['{\n  "readOnly": true\n}', 2, 3, 'unknown setting "readOnly"; did you mean "read_only"?'],
  ['{ "methods": {\n "denny": []\n} }', 2, 2, 'unknown setting "methods.denny"; did you mean "deny"?'],
  ['{ "quite_another": 1 }', 1, 3, 'unknown setting "quite_another"'],
  ['{ "read_only": true,\n  "read_only": false }', 2, 3, '"read_only" is set twice'],
  ['{ "sends": {\n   "per_day": 1, "per_day": 2 } }', 2, 18, '"per_day" is set twice'],
  ['{ "recipients": {\n "+15550100101": "allow" } }', 2, 2, 'unknown setting "recipients.…"'],
  ['{\n  "keep_awake": "yes"\n}', 2, 17, '"keep_awake": is true, false or "on_power"'],
  ['{\n  "read_only" true\n}', 2, 15, "not valid JSON: colon expected"],
] as const;
for (const [text, line, column, message] of MISTAKES) {
  it(`I1: a mistyped veto stops the start and names its line: ${message}`, () => {
    expect(mistake(text)).toEqual({ line, column, message });
  });
}

const METHOD = 'is no method of imsg\'s, as "send", and no group of them, as "group.*"';
const RECIPIENT = 'is a phone number, an address, or "chat_guid:…", each written out';
it.each([
  ...["Send", "send*", "message.unsent", "groups.*", ".*"].map((name) => ["methods", name, METHOD]),
  ...["*", "*@example.org", "chat_id:7", "Chat_GUID:a;+;b", "iMessage;+;chat100", "chat_guid:", " "].map(
    (entry) => ["recipients", entry, RECIPIENT],
  ),
] as [string, string, string][])(
  "I3: in %s.deny %j would forbid nothing, and is a mistake",
  (setting, entry, message) => {
    expect(mistake(`{ "${setting}": {\n "deny": [${JSON.stringify(entry)}] } }`)).toEqual({
      line: 2,
      column: 11,
      message: `"${setting}.deny.0": ${message}`,
    });
  },
);

it("I3: every method, every group of them, and everybody who can be named may stand in a list", () => {
  const methods = { allow: [...METHOD_NAMES, "*", "group.*", "message.*"] };
  const deny = ["+1 (555) 010-0101", "Ada@Example.org", "AMAZON", "262966", "chat_guid:iMessage;+;chat1"];
  expect(mistake(JSON.stringify({ methods, recipients: { deny } }))).toBeUndefined();
});

it("I3: a folder that files are sent from begins somewhere", () => {
  for (const root of ["Pictures", "./a", "~other/a"])
    expect(mistake(JSON.stringify({ send_roots: [root] }))?.message).toBe(
      '"send_roots.0": begins with / or ~/',
    );
  expect(mistake('{ "send_roots": ["/a", "~/b", "~"] }')).toBeUndefined();
});

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
    return read.ok ? [read.value.attachmentRoots, read.value.config.rules.capBytes] : read.error.message;
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
