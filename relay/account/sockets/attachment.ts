// What a socket keeps across hibernation, at most MAX_ATTACHMENT_BYTES. Parsed when the object wakes, since an
// older version of this code may have written it.
import * as z from "zod";

const agentSchema = z.discriminatedUnion("phase", [
  /** Challenged; the nonce is used up by the first `hello`. */
  z.object({
    role: z.literal("agent"),
    phase: z.literal("waiting"),
    nonce: z.string(),
    opened_at: z.number(),
  }),
  z.object({ role: z.literal("agent"), phase: z.literal("verifying"), opened_at: z.number() }),
  z.object({
    role: z.literal("agent"),
    phase: z.literal("live"),
    opened_at: z.number(),
    install: z.string(),
    epoch: z.number(),
    /** Number of the last events frame (LINK8). */
    n: z.number(),
    /** Newest date logged before this link (LOG4). */
    newest_before: z.number().nullable(),
  }),
]);
export type AgentAttachment = z.infer<typeof agentSchema>;
export type LiveAttachment = Extract<AgentAttachment, { phase: "live" }>;

const windowSchema = z.object({ items: z.number(), bytes: z.number() });

const subscriptionSchema = z.object({
  n: z.number(),
  filter: z.object({
    chat: z.object({ id: z.number(), database: z.number(), key: z.string().nullable() }).nullable(),
    participants: z.array(z.string()),
    start: z.number().nullable(),
    end: z.number().nullable(),
    attachments: z.boolean(),
    reactions: z.boolean(),
  }),
  /** Everything of the log up to here was sent or passed over. */
  sent: z.number(),
  /** The last event that was shown: what an ack of everything names. */
  shown: z.number(),
  /** Rows older than the log, still to come from the Mac: those after `after` and below `below`. */
  prelude: z.object({ after: z.number(), below: z.number().nullable(), database: z.number() }).nullable(),
  unacked: windowSchema,
});
export type Subscription = z.infer<typeof subscriptionSchema>;

const gatewaySchema = z.object({
  role: z.literal("gateway"),
  id: z.string(),
  key: z.string(),
  /** What a client of ours calls itself, over all its sockets. */
  client: z.string().nullable(),
  expires_at: z.number().nullable(),
  /** Subprotocol imsg-relay.v1. */
  v1: z.boolean(),
  opened_at: z.number(),
  next_subscription: z.number(),
  subscriptions: z.array(subscriptionSchema),
  /** RPC13, for plain clients: what was sent since the last answer, and the question that is open. */
  probe: z.object({ k: z.number(), asked_at: z.number().nullable(), sent: windowSchema }),
});
export type GatewayAttachment = z.infer<typeof gatewaySchema>;

const readerSchema = z.object({
  role: z.literal("reader"),
  id: z.string(),
  key: z.string(),
  /** EVT8: whose place this socket moves. */
  consumer: z.string().nullable(),
  /** EVT9; null = all. */
  kinds: z.array(z.string()).nullable(),
  chats: z.array(z.string()).nullable(),
  expires_at: z.number().nullable(),
  opened_at: z.number(),
  /** The Worker's, for a stream or a poll. */
  is_held: z.boolean(),
  /** Everything of the log up to here was sent or passed over. */
  sent: z.number(),
  /** The last event that was sent, and the last that was acknowledged. */
  shown: z.number(),
  acked: z.number(),
  unacked: windowSchema,
  /** The consumer's place as it was last written, and when. */
  kept: z.object({ cursor: z.number(), at: z.number() }),
});
export type ReaderAttachment = z.infer<typeof readerSchema>;

/** The platform clones strings at two bytes a character as soon as one is beyond Latin-1. */
export const clonedBytes = (json: string): number =>
  /[\u0100-\uffff]/.test(json) ? 2 * json.length : json.length;

export const readReaderAttachment = (value: unknown): ReaderAttachment | undefined =>
  read(value, readers, readerSchema);
export const readAgentAttachment = (value: unknown): AgentAttachment | undefined =>
  read(value, agents, agentSchema);
export const readGatewayAttachment = (value: unknown): GatewayAttachment | undefined =>
  read(value, gateways, gatewaySchema);

const agents = new WeakMap<object, AgentAttachment | null>();
const gateways = new WeakMap<object, GatewayAttachment | null>();
const readers = new WeakMap<object, ReaderAttachment | null>();

/** Parsed once a value: sockets hand out the same one until it changes. */
function read<T extends object>(
  value: unknown,
  known: WeakMap<object, T | null>,
  schema: z.ZodType<T>,
): T | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const before = known.get(value);
  if (before !== undefined) return before ?? undefined;
  const parsed = schema.safeParse(value).data ?? null;
  known.set(value, parsed);
  return parsed ?? undefined;
}
