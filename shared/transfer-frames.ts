// What relay and agent say to each other about attachments (docs/protocol.md, ATT rules). The bytes themselves go
// over HTTP: a frame only says what is wanted and what became of it. Loose on receive, strict on send.
import * as z from "zod";

const count = z.int().min(0);
const instant = z.number().min(0);
/** The longest path that a system resolves, in bytes: no path has more characters. */
export const MAX_PATH_CHARS = 4_096;
/** 128 random bits; whoever knows it may bring or fetch those bytes, once. */
const transfer = z.string().min(1).max(100);
const header = z.string().max(500).nullable();
/** SHA-256, base64. */
const digest = z.string().max(100);

/** relay → agent: bring the bytes of an attachment, by the path that imsg gave it. */
export const readFrame = z.looseObject({
  t: z.literal("read"),
  transfer,
  path: z.string().min(1).max(MAX_PATH_CHARS),
  /** Only what it is: no bytes. */
  head: z.boolean(),
  /** As the caller's headers said it. */
  range: header,
  if_range: header,
  if_none_match: header,
  /** Largest file, in bytes; the Mac's own cap wins where it is lower. */
  cap: count,
});

/** relay → agent: fetch bytes that wait at the relay into a staged file. */
export const writeFrame = z.looseObject({
  t: z.literal("write"),
  transfer,
  /** Null = a new one. */
  staged: z.string().min(1).max(100).nullable(),
  /** As its sender calls it; of a new one. */
  name: z.string().max(500).nullable(),
  /** Of the whole file. */
  size: count,
  offset: count,
  /** Of the body that waits; null = nothing does, only say how far it is. */
  length: count.nullable(),
  cap: count,
});

/** relay → agent: nobody wants it any more. */
export const abortFrame = z.looseObject({ t: z.literal("abort"), transfer });

const failureCodes = [
  "missing",
  "growing",
  "too_large",
  "forbidden_by_mac",
  "not_found",
  "conflict",
  "changed",
  "rate_limited",
  "internal",
] as const;
const failure = z.looseObject({
  code: z.enum(failureCodes).catch("internal"),
  /** Of the Mac's owner, by its name in agent.jsonc: what refuses it, or whose cap it is. */
  rule: z.string().max(50).optional().catch(undefined),
  /** For the caller; no path. */
  detail: z.string().max(300).optional(),
  size: count.optional(),
  cap: count.optional(),
  offset: count.optional(),
  retry_after_s: count.optional(),
});
export type TransferFailure = z.infer<typeof failure>;

const of = { t: z.literal("transfer"), transfer };
/** agent → relay: what became of a `read` or a `write`. */
export const transferFrame = z.discriminatedUnion("state", [
  z.looseObject({
    ...of,
    state: z.literal("opened"),
    /** What it is answered with: all of it, a range, unchanged, or a range that is not there. */
    status: z.literal([200, 206, 304, 416]),
    /** Of the whole file. */
    size: count,
    /** Of the bytes that will be sent: none for 304, 416 and `head`. */
    start: count,
    length: count,
    /** Strong, with its quotes. */
    etag: z.string().min(2).max(200),
    modified: instant,
    /** Of the whole file, where it is known already. */
    digest: digest.nullable(),
  }),
  /** Every byte was taken. `sha256`: of the bytes that were sent. */
  z.looseObject({ ...of, state: z.literal("done"), bytes: count, sha256: digest }),
  z.looseObject({
    ...of,
    state: z.literal("staged"),
    staged: z.string().min(1).max(100),
    name: z.string().max(500),
    size: count,
    /** Bytes that are there now. */
    offset: count,
    /** Of the whole file, once it is whole. */
    digest: digest.nullable(),
    expires_at: instant,
  }),
  z.looseObject({ ...of, state: z.literal("failed"), error: failure }),
]);
