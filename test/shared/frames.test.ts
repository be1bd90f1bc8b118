import { describe, expect, it } from "vitest";
import {
  decodeAgentFrame,
  decodeRelayFrame,
  encodeAgentFrame,
  encodeRelayFrame,
  helloText,
} from "../../shared/frames.ts";
import { MAX_EVENT_ROWS, MAX_IDENTITY_PAIRS, MAX_NOTED_CHATS } from "../../shared/limits.ts";

type Json = Record<string, unknown>;

const engine = { version: "0.15.0", methods: ["send"], pages: true, bridge: null };
const health = { state: "ok", reason: null, remedy: null };
const row = { rowid: 1, message: { id: 1, guid: "G" } };
const times = <T>(count: number, value: T): T[] => Array.from({ length: count }, () => value);

/** A right frame of every type, and changes that make it wrong (undefined = left out). */
const AGENT: Record<string, { right: Json[]; wrong: Json[] }> = {
  hello: {
    right: [
      {
        install: "ins_1",
        protocols: [1],
        origin: "http://r",
        signature: "s",
        journal_id: "j",
        agent: "a/1",
        engine,
        health,
      },
      {
        install: "i",
        protocols: [1, 2],
        origin: "",
        signature: "",
        journal_id: "j",
        takeover: true,
        agent: "",
        engine,
        health,
      },
    ],
    wrong: [
      ...["install", "protocols", "origin", "signature", "journal_id", "agent", "engine", "health"].map(
        (name) => ({ [name]: undefined }),
      ),
      { install: "" },
      { install: "x".repeat(201) },
      { protocols: [] },
      { protocols: ["1"] },
      { protocols: times(17, 1) },
      { origin: "x".repeat(301) },
      { signature: 5 },
      { signature: "x".repeat(201) },
      { takeover: "yes" },
      { agent: "x".repeat(101) },
      { engine: { ...engine, pages: 1 } },
      { engine: { ...engine, methods: [5] } },
      { engine: { ...engine, methods: times(501, "x") } },
      { health: { ...health, state: "fine" } },
      { health: { ...health, remedy: "x".repeat(501) } },
    ],
  },
  events: {
    right: [
      { n: 1, database: 0, resume: null, rows: [] },
      { n: 9, database: 3, resume: -1, until: 7, rows: times(MAX_EVENT_ROWS, row) },
    ],
    wrong: [
      ...["n", "database", "resume", "rows"].map((name) => ({ [name]: undefined })),
      { n: 0 },
      { n: 1.5 },
      { n: "1" },
      { database: -1 },
      { resume: "1" },
      { until: null },
      { rows: times(MAX_EVENT_ROWS + 1, row) },
      { rows: [{ rowid: "1", message: {} }] },
      { rows: [{ rowid: 1 }] },
      { rows: [{ rowid: 1, message: [] }] },
      { rows: [{ rowid: 1, message: "text" }] },
      { rows: [null] },
    ],
  },
  result: {
    right: [
      { call: "r1", epoch: 0, answer: { result: null } },
      { call: "o", operation: "o", epoch: 3, answer: { error: { code: -1, message: "m", data: {} } } },
    ],
    wrong: [
      ...["call", "epoch", "answer"].map((name) => ({ [name]: undefined })),
      { call: "" },
      { operation: "" },
      { epoch: -1 },
      { answer: {} },
      { answer: null },
      { answer: { error: {} } },
      { answer: { error: "text" } },
    ],
  },
  note: {
    right: [
      { kind: "chats", database: 0, chats: times(MAX_NOTED_CHATS, { id: 1, guid: "g" }) },
      { kind: "typing", typing: { chat_id: 1 } },
      { kind: "progress", done: 0, total: null, finished: false },
    ],
    wrong: [
      { kind: undefined },
      { kind: "chats", chats: times(MAX_NOTED_CHATS + 1, { id: 1 }) },
      { kind: "chats", database: 0, chats: [{}] },
      { kind: "typing", typing: 5 },
      { kind: "progress", done: -1, total: null, finished: true },
      { kind: "progress", done: 1, total: 1, finished: 1 },
    ],
  },
  health: {
    right: [{ health, engine }],
    wrong: [{ health: undefined }, { engine: undefined }, { health: "ok" }],
  },
};

const RELAY: Record<string, { right: Json[]; wrong: Json[] }> = {
  challenge: {
    right: [{ nonce: "n", time: 0 }],
    wrong: [{ nonce: undefined }, { time: undefined }, { nonce: "" }, { time: -1 }],
  },
  welcome: {
    right: [
      {
        epoch: 1,
        protocol: 1,
        database: 0,
        resume: null,
        newest: null,
        reset: null,
        settings: {},
        time: 1,
        identity: [],
      },
      {
        epoch: 1,
        protocol: 1,
        database: 2,
        resume: 5,
        newest: 7.5,
        reset: { floor: 0, until: 3 },
        settings: { a: 1 },
        time: 1,
        identity: times(MAX_IDENTITY_PAIRS, { rowid: 1, guid: "g" }),
      },
    ],
    wrong: [
      ...["epoch", "protocol", "database", "resume", "newest", "reset", "settings", "time", "identity"].map(
        (name) => ({ [name]: undefined }),
      ),
      { identity: times(MAX_IDENTITY_PAIRS + 1, { rowid: 1, guid: "g" }) },
      { identity: [{ rowid: 1 }] },
      { reset: { floor: 1 } },
      { settings: null },
    ],
  },
  ack: {
    right: [{}, { n: 0 }, { operations: times(1_000, "op") }],
    wrong: [{ n: -1 }, { n: "1" }, { operations: times(1_001, "op") }, { operations: [""] }],
  },
  call: {
    right: [
      { call: "r1", method: "m", deadline: 0 },
      { call: "o", operation: "o", method: "m", params: [], deadline: -5 },
    ],
    wrong: [
      { call: undefined },
      { method: undefined },
      { deadline: undefined },
      { method: "" },
      { method: "x".repeat(201) },
      { deadline: "1" },
    ],
  },
  cancel: { right: [{ call: "r1" }], wrong: [{ call: undefined }, { call: 5 }] },
  settings: { right: [{ settings: {} }], wrong: [{ settings: undefined }, { settings: [] }] },
  goodbye: {
    right: [
      { reconnect_in_ms: 0, reason: "" },
      { reconnect_in_ms: 600_000, reason: "x".repeat(200) },
    ],
    wrong: [
      { reconnect_in_ms: -1 },
      { reconnect_in_ms: 600_001 },
      { reason: undefined },
      { reason: "x".repeat(201) },
    ],
  },
};

interface Case {
  readonly t: string;
  readonly fields: Json;
  readonly kind: "frame" | "violation";
}

function cases(frames: typeof AGENT): Case[] {
  const all: Case[] = [];
  for (const [t, { right, wrong }] of Object.entries(frames)) {
    for (const fields of right) all.push({ t, fields: { t, ...fields }, kind: "frame" });
    for (const change of wrong) all.push({ t, fields: { t, ...right[0], ...change }, kind: "violation" });
  }
  return all;
}

const short = (fields: unknown): string => (JSON.stringify(fields) ?? "").slice(0, 120);

describe.each([
  ["agent → relay", decodeAgentFrame, AGENT],
  ["relay → agent", decodeRelayFrame, RELAY],
] as const)("frames %s", (_, decode, frames) => {
  it.each(cases(frames).map((one) => [one.t, one.kind, short(one.fields), one] as const))(
    "LINK8 %s: %s %s",
    (_t, kind, _short, { fields }) => {
      const decoded = decode(JSON.stringify(fields));
      expect(decoded).toMatchObject(
        kind === "frame" ? { kind, frame: JSON.parse(JSON.stringify(fields)) } : { kind },
      );
    },
  );

  it("LINK7 unknown fields pass, an unknown type is unknown", () => {
    for (const [t, { right }] of Object.entries(frames))
      expect(decode(JSON.stringify({ t, ...right[0], later: { a: 1 } }))).toMatchObject({
        kind: "frame",
        frame: { later: { a: 1 } },
      });
    expect(decode('{"t":"later","n":"whatever"}')).toEqual({ kind: "unknown", t: "later" });
    expect(decode('{"t":"__proto__"}')).toEqual({ kind: "unknown", t: "__proto__" });
  });

  it("LINK7 a frame of the other direction is unknown", () => {
    const other = frames === AGENT ? "welcome" : "hello";
    expect(decode(JSON.stringify({ t: other }))).toEqual({ kind: "unknown", t: other });
  });

  it.each(["", "{", "5", "null", "[]", '"t"', "{}", '{"t":5}', '{"t":null}', `{"t":"${"x".repeat(51)}"}`])(
    "LINK7 %j is a violation",
    (text) => {
      expect(decode(text)).toMatchObject({ kind: "violation" });
    },
  );

  it("LINK7 nested deeper than 64 is a violation, whatever the type", () => {
    expect(decode(`{"t":"later","x":${"[".repeat(64)}${"]".repeat(64)}}`)).toEqual({
      kind: "violation",
      why: "nested too deeply",
    });
    expect(decode(`{"t":"later","x":${"[".repeat(63)}${"]".repeat(63)}}`)).toMatchObject({ kind: "unknown" });
  });

  it("LINK6 why it is a violation names the field, and nothing of its content", () => {
    for (const { fields } of cases(frames).filter(({ kind }) => kind === "violation")) {
      const decoded = decode(JSON.stringify({ ...fields, secret: "TOP SECRET" }));
      if (decoded.kind !== "violation") throw new Error("no violation");
      expect(decoded.why).not.toContain("SECRET");
      expect(decoded.why.length).toBeLessThan(123);
    }
  });
});

it("LINK7 what only a newer agent knows is no violation: a kind of note is unknown, a health reason is none", () => {
  expect(decodeAgentFrame('{"t":"note","kind":"later","x":1}')).toEqual({ kind: "unknown", t: "note" });
  const newer = { t: "health", health: { state: "down", reason: "later", remedy: "do it" }, engine };
  expect(decodeAgentFrame(JSON.stringify(newer))).toMatchObject({
    kind: "frame",
    frame: { health: { state: "down", reason: null, remedy: "do it" } },
  });
});

it("frames are encoded as they are decoded", () => {
  const call = { t: "call", call: "r1", method: "m", params: { a: [1] }, deadline: 5 } as const;
  expect(decodeRelayFrame(encodeRelayFrame(call))).toEqual({ kind: "frame", frame: call });
  const progress = { t: "note", kind: "progress", done: 1, total: 2, finished: false } as const;
  expect(decodeAgentFrame(encodeAgentFrame(progress))).toEqual({ kind: "frame", frame: progress });
});

it("LINK2 what is signed is six lines, each in its place", () => {
  const fields = {
    origin: "https://r.example",
    account: "acc_1",
    install: "ins_1",
    nonce: "n",
    protocols: [1, 2],
  };
  expect(helloText(fields)).toBe("imsg-relay hello v1\nhttps://r.example\nacc_1\nins_1\nn\n1,2");
});
