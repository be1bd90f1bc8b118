// Every cap, window, wait and retry of the wire, with its unit and its reason. Each has a test.
const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const KIB = 1024;
const MIB = 1024 * KIB;

/** Largest frame or line we send or accept. Durable Objects silently drop messages over 32 MiB (2026-04). */
export const MAX_FRAME_BYTES = 16 * MIB;
/** An unauthenticated socket has nothing long to say. */
export const MAX_HELLO_BYTES = 32 * KIB;
/** Largest request a gateway may send through the tunnel: text, never files. */
export const MAX_REQUEST_BYTES = 1 * MIB;
/** Characters of a request's address: what Cloudflare takes (2026-04), so that a relay at home takes no other. */
export const MAX_URL_CHARS = 16 * KIB;
/** Characters of a request's headers, names and values together: ten times what any client of ours sends. */
export const MAX_HEADER_CHARS = 32 * KIB;
/** Bytes of an attachment in one HTTP body. Cloudflare refuses bodies over 100 MB (2026-04). */
export const ATTACHMENT_PART_BYTES = 90 * MIB;
/** Largest body of an administrative request. */
export const MAX_ADMIN_BODY_BYTES = 64 * KIB;
/** Nesting of any JSON we accept; imsg's own payloads stay under 8. */
export const MAX_JSON_DEPTH = 64;

/** Text `ping` / `pong`, answered by the runtime without waking the object. */
export const HEARTBEAT_MS = 10 * SECOND;
/** Two missed heartbeats and a margin: a black-holed link is dead after this. */
export const LINK_DEAD_AFTER_MS = 25 * SECOND;
/** An unauthenticated agent socket is closed after this. */
export const HELLO_DEADLINE_MS = 10 * SECOND;
/** Unauthenticated agent sockets an account keeps at once; one more is refused with 429. */
export const MAX_UNAUTHENTICATED_SOCKETS = 4;
/** Gateway sockets on one account; each costs an attachment of up to 16 KiB in the object. */
export const MAX_GATEWAY_SOCKETS = 256;

/** Rows in one `events` frame: one SQLite transaction of bounded length. */
export const MAX_EVENT_ROWS = 500;
/** Bytes of rows in one `events` frame, well under the frame limit. */
export const MAX_EVENT_FRAME_BYTES = 1 * MIB;
/** Frames of events an agent may have sent without an ack. */
export const EVENT_WINDOW_FRAMES = 8;
/** Bytes of events an agent may have sent without an ack: bounds the relay's memory. */
export const EVENT_WINDOW_BYTES = 4 * MIB;
/** (rowid, guid) pairs that `welcome` carries, by which the agent knows the database again. */
export const MAX_IDENTITY_PAIRS = 8;
/** Chats in a `note` of kind chats; a list of more is cut to the newest. */
export const MAX_NOTED_CHATS = 1_000;
/** Bytes of the stored chat list; a SQLite row holds 2 MB at most. */
export const MAX_NOTED_CHATS_BYTES = 1_500_000;

/** Notifications a gateway may have unacknowledged, in total over its subscriptions. */
export const READER_WINDOW_EVENTS = 256;
/** Bytes a gateway may have unacknowledged: bounds what the object buffers for one slow reader. */
export const READER_WINDOW_BYTES = 1 * MIB;
/** A plain client that has not answered `relay.probe` by then is closed. */
export const PROBE_DEADLINE_MS = 60 * SECOND;
/** Subscriptions on one gateway socket, as many as imsg itself allows. */
export const MAX_SUBSCRIPTIONS = 64;
/** Bytes of a socket's attachment we use, of the 16,384 that the platform keeps (2026-04). */
export const MAX_ATTACHMENT_BYTES = 14_000;
/** Log rows read at a time for a reader that is behind: one page in memory, whatever the backlog. */
export const LOG_PAGE_ROWS = 200;

/** Event readers' sockets on one account, those that the Worker holds for streams and polls included. */
export const MAX_READER_SOCKETS = 256;
/** Events in one frame to a reader, and about how many bytes. */
export const READER_FRAME_EVENTS = 64;
export const READER_FRAME_BYTES = 256 * KIB;
/** Named consumers of an account; each is a row for ever. */
export const MAX_CONSUMERS = 64;
/** A consumer's place is written at most this often: every write is billed. */
export const CONSUMER_KEEP_EVENTS = 64;
export const CONSUMER_KEEP_MS = 5 * SECOND;
/** When a consumer whose place stays the same was last there, is written at most this often. */
export const CONSUMER_SEEN_MS = 60 * MINUTE;
/** Events of one long poll, and how long it waits. */
export const MAX_POLL_EVENTS = 200;
export const DEFAULT_POLL_EVENTS = 100;
export const MAX_POLL_WAIT_MS = 60 * SECOND;
/** Bytes of events in one long poll: what a Worker holds at once for it. */
export const MAX_POLL_BYTES = 4 * MIB;
/** Events looked at in one turn of the object, for readers whose filter passes over them: others have their turn. */
export const MAX_LOOKED_AT = 2_000;
/** A reader of which nothing was heard for this long may be gone: it makes room where there is none. */
export const READER_SILENT_MS = 60 * SECOND;
/** Context of one event: UTF-16 units of one text, and of all. What does not fit is counted as missing. */
export const MAX_CONTEXT_TEXT_CHARS = 4_000;
export const MAX_CONTEXT_CHARS = 64_000;
/** Longest text of one POST …/messages, in UTF-16 units; far more than Messages shows in a bubble. */
export const MAX_MESSAGE_CHARS = 100_000;
/** Messages that one text may become: twice what MAX_MESSAGE_CHARS needs at the usual limit; more is a flood. */
export const MAX_MESSAGE_PARTS = 50;
/** Messages that wait for the Mac, or for their turn in their chat. */
export const MAX_WAITING_MESSAGES = 1_000;
/** Chats that the channel writes to at once: what the Mac has in hand can no longer be cancelled. */
export const MAX_CHATS_UNDER_WAY = 16;
/** How long a message may wait for the Mac, where its sender allows it. */
export const DEFAULT_QUEUE_S = 3_600;
export const MAX_QUEUE_S = 24 * 3_600;
/** How long an answer waits for the row of a message whose guid imsg did not say. */
export const GUID_WAIT_MS = 5 * SECOND;
/** How far a row's date may lie before the moment at which its send was given to the Mac: two clocks … */
export const ROW_EARLY_MS = 5 * SECOND;
/** … and after the moment at which its outcome was given up: Messages may still have been at it. */
export const ROW_LATE_MS = 2 * MINUTE;
/** Own messages remembered for telling which send is whose. */
export const MAX_OWN_ROWS = 1_000;
/** Sends with something that a row may still tell; of more, the oldest stay as they are. */
export const MAX_UNRESOLVED = 1_000;
/** Log rows read back for the same after the object slept. */
export const MAX_ROWS_READ_BACK = 20_000;
/** When a sent message's state is asked for: after this long, then again; then it is left as it is. */
export const STATE_LOOKS_MS: readonly number[] = [
  3 * SECOND,
  10 * SECOND,
  30 * SECOND,
  2 * MINUTE,
  10 * MINUTE,
  1 * HOUR,
];
/** Messages whose state is asked for in one turn. */
export const STATE_LOOKS_AT_ONCE = 32;
/** The window of `messagesPerMinute`, and the sends looked at for it. */
export const LOOP_WINDOW_MS = 1 * MINUTE;
export const MAX_LOOP_TEXTS = 1_000;
/** A comment on an idle event stream: proxies cut what is silent for 30 s or more. */
export const STREAM_COMMENT_MS = 15 * SECOND;
/** Chats a reader may choose; they are kept in its socket's memory. */
export const MAX_READER_CHATS = 32;

/** The log keeps events this long … */
export const RETENTION_MS = 7 * 24 * HOUR;
/** … and this many. */
export const RETENTION_EVENTS = 100_000;
/** What is over is deleted when it is this many, or this late: one alarm and one transaction for many. */
export const RETENTION_SLACK_EVENTS = 1_000;
export const RETENTION_SLACK_MS = 6 * HOUR;
/** Rows deleted in one turn of the object. */
export const RETENTION_BATCH = 5_000;

/** A ticket is used at once by the page it was made for. */
export const TICKET_MS = 60 * SECOND;
/** Unused tickets of an account. */
export const MAX_TICKETS = 1_000;
/** Claimed chats of an account, and how long a claim lasts unless it is made again. */
export const MAX_CLAIMS = 10_000;
export const DEFAULT_CLAIM_S = 3_600;
export const MAX_CLAIM_S = 7 * 24 * 3_600;
/** Wrong pairing codes within PAIRING_TALLY_MS, after which none is looked at: 32^8 codes cannot be guessed so. */
export const MAX_WRONG_CODES = 10;
export const PAIRING_TALLY_MS = 10 * MINUTE;
/** People approved by pairing. */
export const MAX_ALLOWED = 10_000;
/** A stranger's message older than this gets no code: the answer would surprise more than help. */
export const PAIRING_LATE_MS = 1 * HOUR;
/** An owner's command older than this is not done any more. */
export const COMMAND_LATE_MS = 10 * MINUTE;
/** Answers by message that wait for the Mac. */
export const MAX_ERRANDS = 100;
export const ERRAND_MS = 1 * HOUR;
/** A text of ours that comes back within this of being sent is an echo, where no guid tells. */
export const ECHO_TEXT_MS = 4 * SECOND;
/** Sends remembered for telling echoes, newest first, and for how long. */
export const MAX_ECHOES = 256;
export const ECHO_MS = 12 * HOUR;

/** Calls waiting at once for one gateway; one more is answered -32000 as imsg does. */
export const MAX_CALLS_PER_GATEWAY = 128;
/** Calls waiting at once in one account object. */
export const MAX_CALLS_PER_ACCOUNT = 1_024;
/** A read that imsg has not answered by then. */
export const READ_DEADLINE_MS = 30 * SECOND;
/** Newer gateways wait 180 s for a send; the answer must still fit on the wire back. */
export const MUTATION_DEADLINE_MS = 175 * SECOND;
/** Typing and read receipts are worth nothing later. */
export const CONTROL_DEADLINE_MS = 15 * SECOND;

/** I7: a key answers with the stored result for at least this long. */
export const IDEMPOTENCY_MS = 24 * HOUR;
export const MAX_IDEMPOTENCY_KEY_CHARS = 128;
/** Operations kept a account; the oldest settled ones go first. Bounds the table against a runaway caller. */
export const MAX_OPERATIONS = 50_000;

/** A grant older than this is pulled again from its tenant. */
export const GRANT_FRESH_MS = 60 * SECOND;
/** Enrolment codes: long enough to walk to the Mac. */
export const ENROLMENT_MS = 10 * MINUTE;
/** Looks at one enrolment code: enough for a human who hesitates; each is a row written. */
export const MAX_ENROLMENT_LOOKS = 30;
/** Live enrolment codes an account keeps; a new one pushes out the oldest. */
export const MAX_ENROLMENTS = 16;
/** Installs an account remembers, revoked ones included. */
export const MAX_INSTALLS = 64;
/** Accounts that one key may be restricted to: it stands in the key's row, and in every list of keys. */
export const MAX_KEY_ACCOUNTS = 1_000;
/** How long the secret before a rotation may open as well: a week, in which everything that has it can be found. */
export const MAX_KEY_GRACE_S = 7 * 24 * 3_600;
/** What an operator says to a suspended tenant: it travels in the reason of a WebSocket's close (123 bytes). */
export const MAX_SUSPEND_REASON_CHARS = 60;
/** Tenants, and accounts, of one page of their list. */
export const MAX_LISTED = 1_000;
export const MAX_NAME_CHARS = 120;

/** A message created longer ago than this counts as back-filled by iCloud, if it is also old beside the log. */
export const BACKFILL_AGE_MS = 24 * HOUR;
export const BACKFILL_MARGIN_MS = 10 * MINUTE;
/** A row logged within this of its date came on time as far as the relay can tell. */
export const ON_TIME_MS = 60 * SECOND;
/** After a replaced database: everything dated after the last logged message less this is taken. */
export const RESET_OVERLAP_MS = 10 * MINUTE;

/** Reconnect: first try after an abrupt close within this, grown to LINK_FLAP_JITTER_MS by short uptimes. */
export const LINK_FIRST_RETRY_MS = 1 * SECOND;
export const LINK_FLAP_JITTER_MS = 3 * SECOND;
/** An uptime under this is short. */
export const LINK_SHORT_UPTIME_MS = 60 * SECOND;
/** Unsuccessful tries double to this during the first minute … */
export const LINK_EARLY_RETRY_MS = 5 * SECOND;
export const LINK_EARLY_PERIOD_MS = 1 * MINUTE;
/** … and then to this. */
export const LINK_RETRY_MS = 20 * SECOND;
/** After a refusal that a human must mend. */
export const LINK_FATAL_RETRY_MS = 5 * MINUTE;
/** A connection attempt that neither opens nor fails. */
export const LINK_DIAL_MS = 15 * SECOND;

/** Constants of a wait, for tests that shorten them; production uses the ones above. */
export interface LinkTimes {
  readonly heartbeatMs: number;
  readonly deadAfterMs: number;
}
export const LINK_TIMES: LinkTimes = { heartbeatMs: HEARTBEAT_MS, deadAfterMs: LINK_DEAD_AFTER_MS };

/** Attachments of one message that are listed: Messages sends 20 in one at the most. */
export const MAX_LISTED_ATTACHMENTS = 100;
/** Files of one send: each is a message of its own. */
export const MAX_SENT_ATTACHMENTS = 10;
/** Transfers of attachments at once in one account: its object shares one thread with everything else it does. */
export const MAX_TRANSFERS = 16;
/** Those that wait for one of them to end … */
export const MAX_WAITING_TRANSFERS = 64;
/** … and for how long; then 429. */
export const TRANSFER_TURN_MS = 30 * SECOND;
/** The Mac opens the file, or fetches what waits, within this, and brings the next part; then 504. */
export const TRANSFER_STEP_MS = 20 * SECOND;
/** A transfer is over after this, whatever it does: a reader that stopped reading is not noticed otherwise. */
export const MAX_TRANSFER_MS = 1 * HOUR;
/** What became of the newest transfers is told for so long, for those who check what they received. */
export const TRANSFER_KEPT_MS = 10 * MINUTE;
export const MAX_KEPT_TRANSFERS = 200;
