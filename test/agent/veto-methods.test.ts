// Every method of imsg under every rule of the owner's, through the guard that every call passes.
import { expect, it } from "vitest";
import { DEFAULT_CONFIG, DEFAULT_RULES, type OwnerRules } from "../../agent/config/config.ts";
import { Guard } from "../../agent/guard.ts";
import { Owner } from "../../agent/owner.ts";
import { MAC_RULE_NAMES } from "../../shared/mac-policy.ts";
import { METHOD_NAMES, methodOf } from "../../shared/methods.ts";
import { ScriptedOwner } from "./support/owner.ts";

const ADA = "+15550100101";
const FILE = "/owner/out/a.png";

/** What imsg never hears of, whatever the rules. */
const UNHEARD = new Set(["initialize", "watch.subscribe", "watch.unsubscribe"]);
const kindOf = (method: string): "unheard" | "read" | "presence" | "mutation" => {
  const entry = methodOf(method);
  if (entry === undefined || entry.class === "refused" || UNHEARD.has(method)) return "unheard";
  if (entry.class === "mutation") return "mutation";
  return entry.effect ? "presence" : "read";
};

interface Case {
  readonly rules: Partial<OwnerRules>;
  readonly params: unknown;
  /** The rule that forbids it; null = it passes. */
  readonly forbids: (method: string) => string | null;
}
const effects = (rule: string) => (method: string) => (kindOf(method) === "read" ? null : rule);
const mutations = (rule: string) => (method: string) => (kindOf(method) === "mutation" ? rule : null);
const sends = (perHour: number | undefined, perDay: number | undefined) => ({ sends: { perHour, perDay } });
const to = { to: ADA };

const CASES: Readonly<Record<string, Case>> = {
  "nothing is forbidden": { rules: {}, params: to, forbids: () => null },
  paused: { rules: { paused: true }, params: to, forbids: () => "paused" },
  read_only: { rules: { readOnly: true }, params: to, forbids: effects("read_only") },
  "methods.deny, everything": {
    rules: { methods: { allow: undefined, deny: ["*"] } },
    params: to,
    forbids: () => "methods.deny",
  },
  "methods.deny, a family": {
    rules: { methods: { allow: undefined, deny: ["group.*"] } },
    params: to,
    forbids: (method) => (method.startsWith("group.") ? "methods.deny" : null),
  },
  "methods.allow, a family and one": {
    rules: { methods: { allow: ["messages.*", "send"], deny: [] } },
    params: to,
    forbids: (method) => (method.startsWith("messages.") || method === "send" ? null : "methods.allow"),
  },
  "methods.deny wins over methods.allow": {
    rules: { methods: { allow: ["*"], deny: ["send"] } },
    params: to,
    forbids: (method) => (method === "send" ? "methods.deny" : null),
  },
  "recipients.allow, somebody else": {
    rules: { recipients: { allow: ["+15550100199"], deny: [] } },
    params: to,
    forbids: effects("recipients.allow"),
  },
  "recipients.allow, nobody named": {
    rules: { recipients: { allow: [ADA], deny: [] } },
    params: {},
    forbids: effects("recipients.allow"),
  },
  "recipients.deny": {
    rules: { recipients: { allow: undefined, deny: [ADA] } },
    params: to,
    forbids: effects("recipients.deny"),
  },
  "recipients.deny, nobody named": {
    rules: { recipients: { allow: undefined, deny: [ADA] } },
    params: {},
    forbids: effects("recipients.deny"),
  },
  "send_roots, none": { rules: {}, params: { ...to, file: FILE }, forbids: () => "send_roots" },
  "send_roots, another": {
    rules: { sendRoots: ["/other"] },
    params: { ...to, file: FILE },
    forbids: () => "send_roots",
  },
  media_max_mb: {
    rules: { sendRoots: ["/owner/out"], capBytes: 99 },
    params: { ...to, file: FILE },
    forbids: () => "media_max_mb",
  },
  "media_max_mb, exactly": {
    rules: { sendRoots: ["/owner/out"], capBytes: 100 },
    params: { ...to, file: FILE },
    forbids: () => null,
  },
  "sends.per_hour": { rules: sends(2, undefined), params: to, forbids: mutations("sends.per_hour") },
  "sends.per_hour, one left": { rules: sends(3, undefined), params: to, forbids: () => null },
  "sends.per_day": { rules: sends(undefined, 3), params: to, forbids: mutations("sends.per_day") },
  "sends.per_day, one left": { rules: sends(3, 4), params: to, forbids: () => null },
};

/** What the guard says: the rule, "-32601", or null where the call passes. */
function verdictOf({ rules, params }: Case, method: string): string | null {
  const config = { ...DEFAULT_CONFIG, rules: { ...DEFAULT_RULES, ...rules } };
  const owner = new Owner(
    new ScriptedOwner(config),
    () => undefined,
    () => undefined,
  );
  const guard = new Guard({
    clock: { now: () => 100_000_000, after: () => () => undefined },
    owner,
    engine: {
      health: { state: "ok", reason: null, remedy: null },
      read: () => {
        throw new Error("a handle needs no list of chats");
      },
    },
    files: {
      realPath: (path) => path,
      staged: () => ({ ok: false, error: "not_found" }),
      fileSize: () => 100,
    },
    // Two within the hour, one more within the day.
    sentSince: (from) => [50_000_000, 99_000_000, 99_500_000].filter((at) => at > from),
  });
  let said: string | null | undefined;
  guard.judge({ method, params, operation: "op" }, (judgement) => {
    if (judgement.allowed) said = null;
    else if ("error" in judgement.answer) {
      const { code, data } = judgement.answer.error;
      const named = typeof data === "object" && data !== null && "rule" in data ? data.rule : undefined;
      said = typeof named === "string" ? named : String(code);
    }
  });
  if (said === undefined) throw new Error("no verdict");
  return said;
}

for (const [name, one] of Object.entries(CASES)) {
  it(`I3: ${name}: every method of imsg has the verdict of the table`, () => {
    const expected = (method: string) => (kindOf(method) === "unheard" ? "-32601" : one.forbids(method));
    expect(Object.fromEntries(METHOD_NAMES.map((method) => [method, verdictOf(one, method)]))).toEqual(
      Object.fromEntries(METHOD_NAMES.map((method) => [method, expected(method)])),
    );
  });
}

it("I3: every rule that has a name is in that table", () => {
  const forbidden = Object.values(CASES).flatMap(({ forbids }) => METHOD_NAMES.map((name) => forbids(name)));
  // Attachments are asked for by no method.
  const named = new Set([...forbidden.filter((rule) => rule !== null), "attachment_roots"]);
  expect([...named].sort()).toEqual([...MAC_RULE_NAMES].sort());
});
