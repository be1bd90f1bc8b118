import { describe, expect, it } from "vitest";
import { refuse, SCOPES, scopeSchema, type Grant, type Scope } from "../../shared/grant.ts";
import {
  engineSchema,
  HEALTH_REASONS,
  healthSchema,
  HEALTHY,
  unhealthy,
  type HealthReason,
} from "../../shared/health.ts";
import type { AccountId, KeyId, TenantId } from "../../shared/ids.ts";
import * as limits from "../../shared/limits.ts";
import { deadlineOf, METHOD_NAMES, methodOf, type MethodClass } from "../../shared/methods.ts";

describe("grant.refuse (ID4)", () => {
  const NOW = 1_000;
  const [one, two] = ["acc_1" as AccountId, "acc_2" as AccountId];
  const grant = (change: Partial<Grant> = {}): Grant => ({
    key: "key_1" as KeyId,
    tenant: "ten_1" as TenantId,
    scopes: ["rpc"],
    accounts: null,
    expires_at: null,
    ...change,
  });

  it.each<[string, Partial<Grant>, Scope, AccountId | null, string | undefined]>([
    ["its scope, on any account", {}, "rpc", one, undefined],
    ["its scope, on the tenant", {}, "rpc", null, undefined],
    ["another scope", {}, "read", one, "forbidden"],
    ["no scope at all", { scopes: [] }, "rpc", one, "forbidden"],
    ["one of several scopes", { scopes: ["read", "manage"] }, "manage", one, undefined],
    ["its account", { accounts: [two, one] }, "rpc", one, undefined],
    ["another account", { accounts: [two] }, "rpc", one, "forbidden"],
    ["no account, of a key for some", { accounts: [one] }, "rpc", null, "forbidden"],
    ["a key for no account", { accounts: [] }, "rpc", one, "forbidden"],
    ["just before it expires", { expires_at: NOW + 1 }, "rpc", one, undefined],
    ["as it expires", { expires_at: NOW }, "rpc", one, "unauthenticated"],
    ["expired, and forbidden too", { expires_at: 1, scopes: [] }, "rpc", one, "unauthenticated"],
  ])("ID4 %s", (_, change, scope, account, refusal) => {
    expect(refuse(grant(change), scope, account, NOW)).toBe(refusal);
  });

  it("ID4 the scopes are the documented ones", () => {
    expect(SCOPES).toEqual(["read", "send", "rpc", "manage", "operator"]);
    expect(scopeSchema.safeParse("admin").success).toBe(false);
  });
});

describe("methods (RPC1)", () => {
  /** Every method that imsg 0.9 to 0.15 documents. */
  const DOCUMENTED: Record<MethodClass, string[]> = {
    control: ["initialize", "status", "watch.subscribe", "watch.unsubscribe", "typing", "read"],
    read: [
      "chats.list",
      "chats.get",
      "messages.history",
      "messages.search",
      "messages.after",
      "messages.stats",
      "messages.scheduled",
      "message.send_status",
      "handles.check",
      "contacts.shouldShareContact",
    ],
    mutation: [
      "send",
      "send.tracked",
      "send.rich",
      "send.attachment",
      "send.multipart",
      "send.sticker",
      "poll.send",
      "poll.vote",
      "poll.unvote",
      "tapback",
      "message.edit",
      "message.unsend",
      "message.delete",
      "message.notifyAnyways",
      "chats.create",
      "chats.delete",
      "chats.markUnread",
      "group.rename",
      "group.setIcon",
      "group.addParticipant",
      "group.removeParticipant",
      "group.leave",
      "contacts.shareContactCard",
    ],
    refused: ["bridge.events.subscribe", "bridge.events.unsubscribe"],
  };
  const DEADLINES: Record<MethodClass, number> = {
    read: 30_000,
    control: 15_000,
    mutation: 175_000,
    refused: 0,
  };

  it.each(
    Object.entries(DOCUMENTED).flatMap(([kind, names]) =>
      names.map((name) => [name, kind as MethodClass] as const),
    ),
  )("RPC1 %s is classed as %s", (name, kind) => {
    const entry = methodOf(name);
    if (entry === undefined) throw new Error("not classed");
    expect(entry.class).toBe(kind);
    expect(entry.effect).toBe(kind === "mutation" || name === "typing" || name === "read");
    expect(deadlineOf(entry)).toBe(DEADLINES[kind]);
  });

  it("RPC1 nothing else is a method, nor what every object has", () => {
    expect([...METHOD_NAMES].sort()).toEqual(Object.values(DOCUMENTED).flat().sort());
    for (const name of ["", "nope", "Send", "constructor", "toString", "__proto__", "hasOwnProperty"])
      expect(methodOf(name)).toBeUndefined();
  });
});

describe("health", () => {
  const REASONS: HealthReason[] = [
    "imsg_missing",
    "imsg_too_old",
    "rpc_unsupported",
    "full_disk_access_missing",
    "automation_missing",
    "messages_signed_out",
    "imsg_hung",
    "imsg_crashing",
    "imsg_schema_unread",
    "groups_need_review",
  ];

  it("the reasons are the documented ones, each with a remedy that fits the wire", () => {
    expect(Object.keys(HEALTH_REASONS)).toEqual(REASONS);
    for (const reason of REASONS) {
      expect(healthSchema.parse(unhealthy("down", reason))).toEqual({
        state: "down",
        reason,
        remedy: HEALTH_REASONS[reason],
      });
      expect(HEALTH_REASONS[reason]).not.toMatch(
        /timed out waiting for response|private api bridge|run imsg launch|unknown command/i,
      );
    }
    expect(healthSchema.parse(HEALTHY)).toEqual({ state: "ok", reason: null, remedy: null });
  });

  it("what an engine can do is bounded", () => {
    const engine = { version: null, methods: null, pages: false, bridge: null };
    expect(engineSchema.parse(engine)).toEqual(engine);
    for (const change of [
      { version: 1 },
      { version: "x".repeat(101) },
      { methods: [1] },
      { methods: ["x".repeat(101)] },
      { pages: null },
      { bridge: "yes" },
      { bridge: undefined },
    ])
      expect(engineSchema.safeParse({ ...engine, ...change }).success).toBe(false);
  });
});

it("the limits of the wire are the documented ones", () => {
  const [SECOND, MINUTE, HOUR, KIB, MIB] = [1_000, 60_000, 3_600_000, 1_024, 1_048_576];
  expect(limits).toMatchObject({
    MAX_FRAME_BYTES: 16 * MIB,
    MAX_HELLO_BYTES: 32 * KIB,
    MAX_REQUEST_BYTES: MIB,
    MAX_ADMIN_BODY_BYTES: 64 * KIB,
    MAX_JSON_DEPTH: 64,
    HEARTBEAT_MS: 10 * SECOND,
    LINK_DEAD_AFTER_MS: 25 * SECOND,
    HELLO_DEADLINE_MS: 10 * SECOND,
    MAX_UNAUTHENTICATED_SOCKETS: 4,
    MAX_EVENT_ROWS: 500,
    MAX_EVENT_FRAME_BYTES: MIB,
    EVENT_WINDOW_FRAMES: 8,
    EVENT_WINDOW_BYTES: 4 * MIB,
    MAX_MESSAGE_PARTS: 50,
    MAX_IDENTITY_PAIRS: 8,
    MAX_NOTED_CHATS: 1e3,
    READER_WINDOW_EVENTS: 256,
    READER_WINDOW_BYTES: MIB,
    PROBE_DEADLINE_MS: MINUTE,
    MAX_SUBSCRIPTIONS: 64,
    MAX_CALLS_PER_GATEWAY: 128,
    MAX_CALLS_PER_ACCOUNT: 1024,
    READ_DEADLINE_MS: 30 * SECOND,
    MUTATION_DEADLINE_MS: 175 * SECOND,
    CONTROL_DEADLINE_MS: 15 * SECOND,
    IDEMPOTENCY_MS: 24 * HOUR,
    MAX_IDEMPOTENCY_KEY_CHARS: 128,
    GRANT_FRESH_MS: MINUTE,
    ENROLMENT_MS: 10 * MINUTE,
    BACKFILL_AGE_MS: 24 * HOUR,
    BACKFILL_MARGIN_MS: 10 * MINUTE,
    ON_TIME_MS: MINUTE,
    RESET_OVERLAP_MS: 10 * MINUTE,
    LINK_FIRST_RETRY_MS: SECOND,
    LINK_FLAP_JITTER_MS: 3 * SECOND,
    LINK_EARLY_RETRY_MS: 5 * SECOND,
    LINK_EARLY_PERIOD_MS: MINUTE,
    LINK_RETRY_MS: 20 * SECOND,
    LINK_FATAL_RETRY_MS: 5 * MINUTE,
  });
});
