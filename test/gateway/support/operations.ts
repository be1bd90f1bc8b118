// Operations as the relay writes them (docs/protocol.md §7).

/** One that is queued, unless `change` says otherwise. */
export const operation = (change: Record<string, unknown> = {}): Record<string, unknown> => ({
  operation: "op_1",
  idempotency_key: "k",
  method: "send",
  state: "queued",
  outcome: null,
  final: false,
  guid: null,
  guids: [],
  delivered: 0,
  parts: 1,
  status: null,
  followed: false,
  chat: "-;+15550100111",
  error: null,
  created_at: 1_700_000_000_000,
  expires_at: 1_700_003_600_000,
  settled_at: null,
  ...change,
});

const settled = { state: "settled", settled_at: 1_700_000_060_000 } as const;

export const SENT = { ...settled, outcome: "sent", final: true, guid: "G1", guids: ["G1"], delivered: 1 };
/** It may still be proven. */
export const UNKNOWN = { ...settled, outcome: "unknown", final: false };
export const NOT_SENT = {
  ...settled,
  outcome: "not_sent",
  final: true,
  error: { code: "conflict", detail: "It was cancelled." },
};
