import { expect, it } from "vitest";
import { DEFAULT_RULES } from "../../agent/config/config.ts";
import { findFiles } from "../../agent/call-params.ts";
import { findRecipients } from "../../shared/recipients.ts";
import { isSameHandle, mayBeSameHandle, readFolded, readHandle } from "../../agent/handles.ts";
import { decide, type CallFacts, type Rules } from "../../agent/veto.ts";
import { METHOD_NAMES, methodOf } from "../../shared/methods.ts";

const ADA = "+15550100101";
const BOB = "+15550100102";
const GROUP = "iMessage;+;chat100";

const rules = (some: Partial<Rules>): Rules => ({ ...DEFAULT_RULES, ...some });
const facts = (some: Partial<CallFacts>): CallFacts => ({
  method: "send",
  effect: true,
  mutation: true,
  largestFile: 0,
  sent: { lastHour: 0, lastDay: 0 },
  files: [],
  handles: [],
  chats: [],
  ...some,
});
const dm = (handle: string) => ({ guid: `iMessage;-;${handle}`, participants: [handle] });

const TABLE: readonly (readonly [string, Partial<Rules>, Partial<CallFacts>, string])[] = [
  ["nothing is forbidden by default", {}, { handles: [ADA] }, "allowed"],
  ["read_only forbids an effect", { readOnly: true }, { handles: [ADA] }, "read_only"],
  ["read_only allows a read", { readOnly: true }, { method: "chats.list", effect: false }, "allowed"],
  ["a denied method", { methods: { allow: undefined, deny: ["send"] } }, {}, "method_not_allowed"],
  [
    "a denied family",
    { methods: { allow: undefined, deny: ["group.*"] } },
    { method: "group.leave" },
    "method_not_allowed",
  ],
  ["deny wins over allow", { methods: { allow: ["*"], deny: ["send"] } }, {}, "method_not_allowed"],
  [
    "a method that no list allows",
    { methods: { allow: ["chats.list"], deny: [] } },
    {},
    "method_not_allowed",
  ],
  [
    "an empty list allows nothing",
    { methods: { allow: [], deny: [] } },
    { method: "chats.list", effect: false },
    "method_not_allowed",
  ],
  ["a file without any root", {}, { files: ["/tmp/a"] }, "file_not_allowed"],
  ["a file inside a root", { sendRoots: ["/tmp"] }, { files: ["/tmp/a"] }, "allowed"],
  ["a file beside a root", { sendRoots: ["/tmp"] }, { files: ["/tmpx/a"] }, "file_not_allowed"],
  ["one file of two outside", { sendRoots: ["/tmp"] }, { files: ["/tmp/a", "/etc/b"] }, "file_not_allowed"],
  ["a file that does not exist", { sendRoots: ["/"] }, { files: [undefined] }, "file_not_allowed"],
  ["an allowed handle", { recipients: { allow: [ADA], deny: [] } }, { handles: [ADA] }, "allowed"],
  [
    "another way of writing it",
    { recipients: { allow: ["+1 (555) 010-0101"], deny: [] } },
    { handles: ["tel:+15550100101"] },
    "allowed",
  ],
  [
    "a handle that no list allows",
    { recipients: { allow: [ADA], deny: [] } },
    { handles: [BOB] },
    "recipient_not_allowed",
  ],
  [
    "an allow list is strict about countries",
    { recipients: { allow: [ADA], deny: [] } },
    { handles: ["5550100101"] },
    "recipient_not_allowed",
  ],
  [
    "a denied handle",
    { recipients: { allow: undefined, deny: [ADA] } },
    { handles: [ADA] },
    "recipient_not_allowed",
  ],
  [
    "a deny list is generous about countries",
    { recipients: { allow: undefined, deny: [ADA] } },
    { handles: ["555 010 0101"] },
    "recipient_not_allowed",
  ],
  [
    "addresses are compared without case",
    { recipients: { allow: ["Ada@Example.org"], deny: [] } },
    { handles: ["mailto:ada@example.ORG"] },
    "allowed",
  ],
  ["nobody known is reached", { recipients: { allow: [ADA], deny: [] } }, {}, "recipient_unknown"],
  [
    "a chat that is not there",
    { recipients: { allow: undefined, deny: [ADA] } },
    { chats: ["unknown"] },
    "recipient_unknown",
  ],
  [
    "a chat with an allowed handle",
    { recipients: { allow: [ADA], deny: [] } },
    { chats: [dm(ADA)] },
    "allowed",
  ],
  [
    "a group with every member allowed",
    { recipients: { allow: [ADA, BOB], deny: [] } },
    { chats: [{ guid: GROUP, participants: [ADA, BOB] }] },
    "allowed",
  ],
  [
    "a group with one member more",
    { recipients: { allow: [ADA], deny: [] } },
    { chats: [{ guid: GROUP, participants: [ADA, BOB] }] },
    "recipient_not_allowed",
  ],
  [
    "a group listed itself",
    { recipients: { allow: [`chat_guid:${GROUP}`], deny: [] } },
    { chats: [{ guid: GROUP, participants: [ADA, BOB] }] },
    "allowed",
  ],
  [
    "its service prefix does not matter",
    { recipients: { allow: ["chat_guid:any;+;chat100"], deny: [] } },
    { chats: [{ guid: GROUP, participants: [] }] },
    "allowed",
  ],
  [
    "a denied member of a listed group",
    { recipients: { allow: [`chat_guid:${GROUP}`], deny: [BOB] } },
    { chats: [{ guid: GROUP, participants: [ADA, BOB] }] },
    "recipient_not_allowed",
  ],
  [
    "a denied group",
    { recipients: { allow: undefined, deny: [`chat_guid:${GROUP}`] } },
    { chats: [{ guid: GROUP, participants: [ADA] }] },
    "recipient_not_allowed",
  ],
  [
    "a group nobody is known of",
    { recipients: { allow: [ADA], deny: [] } },
    { chats: [{ guid: GROUP, participants: [] }] },
    "recipient_unknown",
  ],
  [
    "an allowed handle beside a chat that is not",
    { recipients: { allow: [ADA], deny: [] } },
    { handles: [ADA], chats: [dm(BOB)] },
    "recipient_not_allowed",
  ],
  [
    "a chat whose members nobody can say, where somebody is denied",
    { recipients: { allow: undefined, deny: [ADA] } },
    { chats: [{ guid: GROUP, participants: [] }] },
    "recipient_unknown",
  ],
  [
    "a denied handle in the guid of a chat that names no members",
    { recipients: { allow: undefined, deny: [ADA] } },
    { chats: [{ guid: `any;-;${ADA}`, participants: [] }] },
    "recipient_not_allowed",
  ],
  [
    "members nobody can say, where only another group is denied",
    { recipients: { allow: undefined, deny: ["chat_guid:any;+;chat7"] } },
    { chats: [{ guid: GROUP, participants: [] }] },
    "allowed",
  ],
];
for (const [name, rule, fact, verdict] of TABLE) {
  it(`I3: ${name}: ${verdict}`, () => {
    const decided = decide([rules(rule)], facts(fact));
    expect(decided.allowed ? "allowed" : decided.reason).toBe(verdict);
  });
}

it("I1: two sets of rules allow only what both allow", () => {
  const sets = [
    rules({ sendRoots: ["/a"] }),
    rules({ sendRoots: ["/"], methods: { allow: ["*"], deny: [] } }),
  ];
  expect(decide(sets, facts({ files: ["/b/x"] })).allowed).toBe(false);
  expect(decide(sets.toReversed(), facts({ files: ["/b/x"] })).allowed).toBe(false);
  expect(decide(sets, facts({ files: ["/a/x"] })).allowed).toBe(true);
});

it("I3: read_only forbids every method that has an effect, and no other", () => {
  for (const method of METHOD_NAMES) {
    const effect = methodOf(method)?.effect ?? true;
    expect(decide([rules({ readOnly: true })], facts({ method, effect })).allowed).toBe(!effect);
  }
});

it("I3: file parameters are found wherever they stand", () => {
  const params = {
    to: ADA,
    text: "/not/a/file",
    file: "a.png",
    parts: [{ text: "~ hello" }, { file: "/b" }, { attachment: { path: "c", deeper: [{ name: "d" }] } }],
    Icon: "~/e",
    "file-path": "f",
    odd: "file:///g",
    attachments: true,
  };
  expect(findFiles(params).map(({ path }) => path)).toEqual([
    "a.png",
    "/b",
    "c",
    "d",
    "~/e",
    "f",
    "file:///g",
  ]);
});

it("I3: recipients are found under every name that imsg reads", () => {
  expect(
    findRecipients({ to: "a, b", chat_id: "7", chat_guid: "g", chat_identifier: "i", addresses: ["c"] }),
  ).toEqual({
    handles: ["a", "b", "c"],
    chats: [
      { by: "id", id: 7 },
      { by: "guid", text: "g" },
      { by: "identifier", text: "i" },
    ],
  });
});

it("I3: nothing that stands where a recipient stands is passed over, whatever its type", () => {
  expect(
    findRecipients({ to: 15550100102, addresses: [["x"], { y: 1 }, null], chat_guid: 5, handle: null }),
  ).toEqual({ handles: ["15550100102", "x", '{"y":1}'], chats: [{ by: "guid", text: "5" }] });
});

it.each([
  ["full-width digits", "\uFF0B\uFF11\uFF15\uFF15\uFF15\uFF10\uFF11\uFF10\uFF10\uFF11\uFF10\uFF11"],
  ["Arabic digits", "+\u0661\u0665\u0665\u0665\u0660\u0661\u0660\u0660\u0661\u0660\u0661"],
  ["marks that Contacts copies along", `\u202A${ADA}\u202C`],
  ["a long dash", "+1 555\u2013010\u20130101"],
  ["an extension", `${ADA} ext. 5`],
  ["an extension of tel:", `tel:${ADA};ext=5`],
  ["slashes after the scheme", `sms://${ADA}`],
  ["the mark that Messages puts before a number", `p:${ADA}`],
  ["zeros after the plus", "+0015550100101"],
])("I3: a denied number written with %s is denied still", (_, written) => {
  const denied = (deny: string, to: string): boolean =>
    !decide([rules({ recipients: { allow: undefined, deny: [deny] } })], facts({ handles: [to] })).allowed;
  expect(denied(ADA, written)).toBe(true);
  // Nor does it matter how the owner wrote it.
  expect(denied(written, ADA)).toBe(true);
  expect(denied(ADA, BOB)).toBe(false);
  expect(denied(ADA, "ada15550100101@example.org")).toBe(false);
  expect(denied("+442079460000", "+44 (0)20 7946 0000")).toBe(true);
});

it("I3: a handle of a megabyte holds nothing up", () => {
  const began = performance.now();
  expect(readHandle("tel:".repeat(250_000) + ADA).text).toBe(ADA);
  expect(readFolded(" p:".repeat(250_000)).text).toBe("");
  expect(performance.now() - began).toBeLessThan(2_000);
});

it("I3: an allow list takes nothing for what it is not", () => {
  const allowed = (to: string): boolean =>
    decide([rules({ recipients: { allow: [ADA, "ada@example.org"], deny: [] } })], facts({ handles: [to] }))
      .allowed;
  for (const to of [`${ADA} ext. 5`, "\uFF41da@example.org", "ada@exam\u200Dple.org", `\u202A${ADA}`])
    expect(allowed(to)).toBe(false);
});

it("I3: handles are compared as numbers and addresses, not as texts", () => {
  const same = (a: string, b: string): boolean => isSameHandle(readHandle(a), readHandle(b));
  const near = (a: string, b: string): boolean => mayBeSameHandle(readFolded(a), readFolded(b));
  expect(same("imessage:+1 555-010-0101", "+15550100101")).toBe(true);
  expect(same("0015550100101", ADA)).toBe(true);
  expect(near("015550100101", ADA)).toBe(true);
  expect(near("+4915550100101", ADA)).toBe(false);
  expect(near("0101", ADA)).toBe(false);
});
