// Caps and waits of the caller's side, with unit and reason. What both ends must agree on is in shared/limits.ts.
import { MUTATION_DEADLINE_MS } from "../shared/limits.ts";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const KIB = 1024;
const MIB = 1024 * KIB;

/** A call that could not be sent yet waits this long for the link: under the 10 s after which old gateways resend. */
export const UNSENT_PATIENCE_MS = 8 * SECOND;
/** A refused or failed `watch.subscribe` is asked again after this. */
export const SUBSCRIBE_RETRY_MS = 5 * SECOND;
/** Messages a subscription remembers to drop what a restored log shows again. */
export const SEEN_WINDOW = 4_096;
/** Messages taken before an acknowledgement leaves: an eighth of the relay's window. */
export const ACK_EVERY = 32;
/** … or this long after the last one, so that a quiet reader owes nothing. */
export const ACK_IDLE_MS = 250;
/** What is read of an answer that refuses a WebSocket: it is one problem+json. */
export const MAX_REFUSAL_BYTES = 16 * KIB;
/** … and waited for: it comes with its head, and what keeps it back is no relay. */
export const REFUSAL_BODY_MS = 2 * SECOND;
/** An HTTP request without an answer. */
export const HTTP_TIMEOUT_MS = 15 * SECOND;
/** A connection waits this long for the next request: less than any server's patience. */
export const CONNECTION_IDLE_MS = 4 * SECOND;
/** A message to send: a little longer than the relay itself waits for the Mac. */
export const SEND_TIMEOUT_MS = MUTATION_DEADLINE_MS + 5 * SECOND;
/** A message is asked after for this long where the caller does not say: about as long as the Mac may take for it. */
export const FOLLOW_MS = 3 * MINUTE;
/** … first after this, then with pauses that double … */
export const FOLLOW_FIRST_MS = 500;
/** … up to this: a quarter of a minute late is early for what took minutes, and a request each wakes the account. */
export const FOLLOW_MAX_MS = 15 * SECOND;
/** `send --wait` without a time: a delivery is said within seconds, or not at all. */
export const SEND_WAIT_MS = 1 * MINUTE;
/** Most messages that `history` shows: a few screens more than anybody reads, about 2 MiB of JSON. */
export const MAX_SHOWN_HISTORY = 1_000;
/** Direct chats of one handle that `history` puts together: one for each service there is. */
export const MAX_CHATS_OF_HANDLE = 4;
/** Messages that `tail` remembers, to name them when their status comes: that takes seconds, or at most minutes. */
export const MAX_RECENT_MESSAGES = 200;
/** Largest text that `send` reads from standard input: more than the relay takes, in characters of four bytes. */
export const MAX_TEXT_BYTES = 400 * KIB;
/** Largest HTTP answer taken: `messages.history` of 500 rows is about 1 MiB. */
export const MAX_HTTP_ANSWER_BYTES = 16 * MIB;

/** A transfer of a file that moves no byte for this long is dead: the relay itself waits 50 s for the Mac at most. */
export const TRANSFER_SILENCE_MS = 60 * SECOND;
/** An upload has its answer so long after its last byte was handed over: much may still be in the machine's buffers. */
export const UPLOAD_ANSWER_MS = 3 * MINUTE;
/** Tries in a row that brought no byte, after which a transfer is given up: about half a minute. */
export const TRANSFER_TRIES = 8;
/** Tries of one transfer in all, whatever they brought: a line that breaks every megabyte is no way for a film. */
export const TRANSFER_MAX_TRIES = 200;
/** Times that a download begins anew because the file became another one, or arrived damaged. */
export const MAX_FRESH_STARTS = 2;
/** A relay that asks for more patience than this is not waited for: its words say when to come again. */
export const MAX_RETRY_AFTER_MS = 1 * MINUTE;
/** The relay is asked for the checksum of what it sent for this long: the Mac says it when the last byte has left. */
export const CHECKSUM_PATIENCE_MS = 10 * SECOND;
/** … first after this, then with pauses that double. */
export const CHECKSUM_FIRST_MS = 5;
/** Of a file that comes, written at a time, while as much is gathered … */
export const GATHERED_BYTES = 512 * KIB;
/** … or what came within this, of one that comes slowly. */
export const GATHERED_MS = 20;
/** The first body of an upload in parts: its answer names the file, and from then on a cut costs little. */
export const UPLOAD_FIRST_BYTES = 1 * MIB;
/** `photo (1).jpg` and so on, where `photo.jpg` is there already; more of one name are a mistake somewhere. */
export const MAX_NUMBERED_NAMES = 999;

/** Longest line of a tenant's export: the relay's own is 6 MiB, and a newer one may want more. */
export const MAX_EXPORT_LINE_BYTES = 8 * MIB;
/** Bytes of an import in one request: in memory here, far below the 100 MB that a host takes, and seconds of its work. */
export const IMPORT_PART_BYTES = 4 * MIB;
/** Accounts that begin in one such request: each is an object that is made (13 ms, 2026-11), and a Worker asks only so many. */
export const IMPORT_PART_ACCOUNTS = 100;
/** Such a part has its answer within this: the relay writes thousands of rows for it. */
export const IMPORT_ANSWER_MS = 2 * MINUTE;
/** Times that an export begins anew because something was said of the tenant meanwhile. */
export const MAX_EXPORT_STARTS = 3;
/** What an export left is gone on with for so long: keys and people that change meanwhile change nothing in it. */
export const MAX_KEPT_EXPORT_MS = 1 * HOUR;
/** Acts of an audit that are shown where nobody says how many, and at most: all that a relay keeps. */
export const DEFAULT_SHOWN_ACTS = 50;
export const MAX_SHOWN_ACTS = 50_000;
/** Days of usage that are shown, at most: as many as a relay keeps. */
export const MAX_USAGE_DAYS = 62;

/** Largest file of OpenClaw's that `config import` reads; a real one is a few KiB. */
export const MAX_IMPORT_BYTES = 4 * MIB;

/** Events taken before an acknowledgement leaves though more are waiting: an eighth of the relay's window. */
export const READER_ACK_EVERY = 32;
/** … or this long after the first of them. */
export const READER_ACK_MS = 100;
/** Events that wait for a slow caller: twice what the relay may send unasked; beyond, it is no relay of ours. */
export const MAX_WAITING_EVENTS = 512;
/** A reader that is closed waits this long for the event in hand. */
export const READER_CLOSE_MS = 5 * SECOND;
/** A stream that gave nothing for this long is dead: the relay says something every 15 s. */
export const STREAM_SILENCE_MS = 45 * SECOND;
/** Longest event of a stream, in characters: a row of the log is under 2 MB, its context beside it. */
export const MAX_STREAM_EVENT_CHARS = 16 * MIB;
/** How long a long poll waits where the caller does not say; under the minute after which proxies cut. */
export const POLL_WAIT_S = 50;
/** A long poll that did not wait though it was asked to is not repeated in a hurry. */
export const POLL_PAUSE_MS = 1 * SECOND;

/** `listen` posts an event again after this … */
export const LISTEN_FIRST_RETRY_MS = 500;
/** … with pauses that double up to this: whoever restarts a receiver looks at it … */
export const LISTEN_RETRY_MS = 15 * SECOND;
/** … or after what the receiver asked for, if it is no longer than this. */
export const LISTEN_MAX_RETRY_AFTER_MS = 1 * MINUTE;
/** Times that `listen` sends one reply, under one key, where the relay or the Mac is away: a few seconds. */
export const LISTEN_REPLY_TRIES = 4;

/** A line of a sibling or of stdin; longer ones are refused, as the relay would. */
export const MAX_LINE_BYTES = 16 * MIB;
/** `watch.subscribe` is answered by ourselves when the relay has not by then: the gateway waits 10 s. */
export const SUBSCRIBE_PATIENCE_MS = 3 * SECOND;
/** `chats.list` comes from the cache when the relay has not answered by then: it decides whether a channel starts. */
export const CHATS_PATIENCE_MS = 5 * SECOND;
/** Chats kept for when the relay is away, as many as the relay itself keeps. */
export const MAX_CACHED_CHATS = 1_000;
/** Gateways discard rows older than 15 minutes on arrival; half a minute less, because they look a little later. */
export const LATE_AFTER_MS = 14.5 * MINUTE;
/** `late_max_age` where the file says nothing, and the most it may say. */
export const LATE_MAX_AGE_MS = 2 * HOUR;
export const LATE_MAX_AGE_LIMIT_MS = 12 * HOUR;
/** The last event passed on is written to disk at most this often. */
export const POSITION_WRITE_MS = 1 * SECOND;
/** After a signal or the end of input, output is flushed for at most this long; gateways kill after 500 ms. */
export const EXIT_FLUSH_MS = 300;

/** A lender that does not greet by then is passed over. */
export const LENDER_GREETING_MS = 1 * SECOND;
/** A lender that owes an answer is asked for a sign of life this often … */
export const LENDER_PING_MS = 2 * SECOND;
/** … and given up after this much silence: its event loop is stuck. */
export const LENDER_SILENCE_MS = 6 * SECOND;
/** Path of a Unix socket: macOS keeps 104 bytes, the last one a NUL; some slack for the temporary name. */
export const MAX_SOCKET_PATH_BYTES = 92;
/** Siblings one process serves at once; a further one opens its own connection. */
export const MAX_SIBLINGS = 64;

/** `status` asks the relay this long before it falls back to its cache: gateways run it at every message. */
export const STATUS_PATIENCE_MS = 4 * SECOND;

/** Messages held for their files, and the bytes of their file on disk; beyond that they pass without. */
export const MAX_HELD_ROWS = 1_000;
export const MAX_HELD_BYTES = 32 * MIB;
/** Files that are fetched at once: the Mac serves 16, and others want theirs, too. */
export const MAX_FETCHES = 4;
/** A message is held for its files no longer: OpenClaw drops what is older than 15 minutes. */
export const MAX_HOLD_MS = 10 * MINUTE;
/** … nor this long for a Mac, or a relay, that is away: what comes back soon has come back by then … */
export const MAX_AWAY_MS = 2 * MINUTE;
/** … and is asked again after this. */
export const FETCH_AGAIN_MS = 5 * SECOND;
/** Looking for files to remove happens at most this often. */
export const PRUNE_MS = 1 * MINUTE;
/** Files that were fetched are kept for so long, and so many bytes of them, the newest first. */
export const FILE_KEPT_MS = 7 * 24 * HOUR;
export const MAX_KEPT_FILES_BYTES = 2 * 1024 * MIB;
/** A connection string is about 250 characters. */
export const MAX_CONNECTION_CHARS = 2_048;
