// Every cap, wait and retry of the agent's own, with its unit and its reason. What both ends must agree on is in
// shared/limits.ts.
const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const KIB = 1024;
const MIB = 1024 * KIB;

/** Rows asked of `messages.after` at a time; imsg's own maximum. */
export const PAGE_ROWS = 500;
/** Rows a watch shows in one poll; the rest of a larger backlog waits for the next change of the file. */
export const POLL_ROWS = 100;
/** From this many rows on, a short pause means that the poll is over: link previews of it were left out. */
export const FULL_ENOUGH_ROWS = 50;
/** … and this is the short pause: a poll's rows come in one burst. */
export const BURST_PAUSE_MS = 60;
/** How often a page checks what the watch has shown, and how old a row must be to count as kept back. */
export const SWEEP_MS = 30 * SECOND;
export const SWEEP_AGE_MS = 10 * SECOND;
/** Rows of the watch remembered between two of those checks. */
export const MAX_SHOWN = 10_000;
/** An old engine's watch is renewed after this long without a row: it hangs on file events, and may have missed one. */
export const OLD_RENEW_MS = 60 * SECOND;
/** Silent subscriptions in a row after which an old engine has shown everything. */
export const OLD_SILENT_SUBSCRIPTIONS = 2;
/** Notifications a new engine may buffer before it ends the watch; its own maximum. */
export const WATCH_BUFFER = 4_096;
/** Notifications kept that came before their subscription was named; more than one poll of the old engine. */
export const MAX_EARLY_NOTIFICATIONS = 1_000;
/** First and longest wait before a watch that died is opened again ("database is locked"). */
export const WATCH_RETRY_MS = 500;
export const WATCH_RETRY_MAX_MS = 15 * SECOND;

/** Rows and bytes that wait for the relay before reading pauses: one page. Two took no less time (50,000 rows) and 10 MB more. */
export const BACKLOG_ROWS = 500;
export const BACKLOG_BYTES = 5 * MIB;

/** Looks at, and time given to, a row without its chat. */
export const HOLD_LOOKS = 20;
export const HOLD_MS = 10 * SECOND;
/** A row sent without its chat is looked for this long. */
export const REPAIR_MS = 1 * HOUR;
/** The waits between looks for a repair double from the first to the last. */
export const REPAIR_LOOK_MS = 2 * SECOND;
export const REPAIR_LOOK_MAX_MS = 60 * SECOND;
/** Rows held at once, and looked for afterwards: a storm of orphans must not fill the memory. */
export const MAX_HELD_ROWS = 500;
export const MAX_REPAIR_ROWS = 1_000;
/** Rows looked at together: as many as one poll of the old engine shows. */
export const LOOK_ROWS = 100;
/** An old engine says nothing where there is nothing; a look or an identity check ends after this. */
export const OLD_LOOK_MS = 1 * SECOND;

/** A message longer than this cannot be stored by the relay (a SQLite row holds 2 MB): its text is cut … */
export const MAX_ROW_BYTES = 1_500_000;
/** … to this many characters, of up to 3 bytes. */
export const CUT_TEXT_CHARS = 256 * KIB;

/** Chats asked for their newest message to find the tail. */
export const TAIL_CHATS = 20;
/** Messages asked of one chat at a time when a replaced database is read back by history. */
export const HISTORY_ROWS = 500;
/** Larger than any list of people somebody keeps by hand; it is read in one piece, between two calls. */
export const MAX_OWNER_FILE_BYTES = 4 * MIB;
/** How often the owner's file is looked at beside calls: a pause, and what `status` says, follow within that. */
export const OWNER_LOOK_MS = 1 * SECOND;
/** How often the file of the database is looked at. */
export const DATABASE_LOOK_MS = 15 * SECOND;
/** Notes of progress to the relay, at most one per. */
export const PROGRESS_MS = 1 * SECOND;
/** Lines of progress in the log, at most one per. */
export const PROGRESS_LINE_MS = 5 * SECOND;
/** From this many rows on it is asked where a catch-up ends: a mere reconnect asks nothing. One poll of the old engine. */
export const LONG_CATCH_UP_ROWS = 100;
/** The speed of reading is that of the last seconds, looked at so often. */
export const PACE_WINDOW_MS = 10 * SECOND;
export const PACE_SAMPLE_MS = SECOND / 2;
/** New chats are told together. */
export const CHATS_NOTE_MS = 1 * SECOND;

/** Longest line of imsg that is read. */
export const MAX_LINE_BYTES = 16 * MIB;
/** Of a longer line, this much of both ends is kept to find whose answer it was. */
export const OVERSIZE_KEPT_CHARS = 4 * KIB;
/** Of imsg's stderr, kept for the log. */
export const STDERR_KEPT_CHARS = 2 * KIB;
/** A child that does not end on SIGTERM. */
export const KILL_AFTER_MS = 2 * SECOND;

/** Requests a new engine is given at once, of the 128 it allows: room is left for the agent's own. */
export const NEW_ENGINE_WIDTH = 64;
/** Calls that wait for imsg; one more is answered as busy. */
export const MAX_QUEUED_CALLS = 1_024;
/** Mutations that wait for their turn. */
export const MAX_QUEUED_MUTATIONS = 256;
/** One mutation may have the usual imsg this long before another chat's is given to an extra one. */
export const EXTRA_LANE_AFTER_MS = 3 * SECOND;
/** Extra imsg processes for mutations: about 40 MB each on the Mac. */
export const MAX_EXTRA_LANES = 2;
/** An extra imsg that had nothing to do for this long is ended. */
export const EXTRA_LANE_IDLE_MS = 60 * SECOND;
/** The first questions to a new imsg; an exclusively locked database delays them by 25 s on 0.9. */
export const PROBE_MS = 30 * SECOND;
/** How often an idle imsg is asked whether it is alive, and how long it may take. */
export const LIVENESS_MS = 30 * SECOND;
export const LIVENESS_ANSWER_MS = 10 * SECOND;
/** Restart of imsg: the first wait, and the longest, doubled with jitter. */
export const RESTART_MS = 250;
export const RESTART_MAX_MS = 30 * SECOND;
/** An imsg that worked this long has a clean record. */
export const STABLE_MS = 60 * SECOND;
/** Ends in a row after which it counts as crashing. */
export const CRASHES_TO_TELL = 3;
/** Times a read is given to imsg, when imsg ended under it. */
export const READ_ATTEMPTS = 2;

/** `hello` waits this long for what imsg can do, of the 10 s the relay gives. */
export const HELLO_WAIT_MS = 2 * SECOND;

/** Answered operations are remembered this long: as long as an idempotency key is. */
export const JOURNAL_MS = 24 * HOUR;
/** Operations the journal holds; beyond, mutations are refused rather than forgotten. */
export const MAX_JOURNAL_OPERATIONS = 50_000;
/** Records of no further use after which the journal is written anew, if they outnumber the others. */
export const COMPACT_AFTER_RECORDS = 2_000;
/** An answer to a mutation kept for the relay; a longer one keeps its guid and id only. */
export const MAX_JOURNALLED_ANSWER_BYTES = 64 * KIB;

/** What the relay is told where MAX_TRANSFERS run already. */
export const TRANSFERS_RETRY_S = 2;
/** Read, hashed and sent at a time: large enough for the speed of a disk, small enough for 16 at once. */
export const TRANSFER_CHUNK_BYTES = 256 * KIB;
/** A file that is being sent is looked at again after this much of it. */
export const RECHECK_BYTES = 4 * MIB;
/** Of a file that comes, this much is written before the disk is asked to make it safe. */
export const SYNC_AHEAD_BYTES = 8 * MIB;
/** Nothing moves in a transfer for this long: nobody reads at the other end. A slow reader takes socket buffers at a time. */
export const TRANSFER_STALL_MS = 5 * MINUTE;
/** A connection waits this long for the next transfer; less than any server's patience. */
export const TRANSFER_IDLE_MS = 4 * SECOND;
/** A file touched within this may still be written by Messages: it is looked at twice, with this in between. */
export const FRESH_FILE_MS = 5 * SECOND;
export const STABLE_LOOK_MS = 250;
/** An empty file as young as this is one that is about to be written. */
export const EMPTY_FILE_MS = 60 * SECOND;
export const GROWING_RETRY_S = 1;
/** Digests of whole files, so that the next reader has one before the bytes. */
export const MAX_REMEMBERED_DIGESTS = 256;
/** The largest attachment, in MiB, where the owner's file says nothing: what the relay's settings can ask for. */
export const DEFAULT_MEDIA_MAX_MB = 100;

/** A staged file goes this long after its last byte came … */
export const STAGED_MS = 24 * HOUR;
/** … and is there at least this long after it was given to imsg. */
export const STAGED_IN_USE_MS = 1 * HOUR;
/** How often those are looked for. */
export const STAGING_SWEEP_MS = 10 * MINUTE;
/** Staged files, and the bytes they may have together when they are whole: the owner's disk. */
export const MAX_STAGED_FILES = 256;
export const MAX_STAGED_BYTES = 2_048 * MIB;
/** What a sender is told to wait at most when there is no room. */
export const STAGING_RETRY_MAX_S = 3_600;

/** The log under launchd: the bytes of a file, and how many files there are; 20 MiB hold weeks. */
export const LOG_FILE_BYTES = 5 * MIB;
export const LOG_FILES = 4;
/** Kept of what a process said outside its log before it ended: the end of a stack. */
export const LAST_WORDS_BYTES = 8 * KIB;
/** How often `logs -f` looks for more. */
export const LOG_LOOK_MS = SECOND / 4;
/** Lines that `logs` shows when it is not told, and that it shows at most. */
export const LOG_LINES = 50;
export const MAX_LOG_LINES = 1_000_000;
/** launchctl answers within milliseconds, or not at all; its longest answer is some KiB. */
export const LAUNCHCTL_MS = 30 * SECOND;
export const LAUNCHCTL_ANSWER_BYTES = 1 * MIB;
/** While launchd is still ending the process before, `bootstrap` fails. */
export const LAUNCHCTL_RETRIES = 10;
export const LAUNCHCTL_RETRY_MS = SECOND / 2;
/** An agent says goodbye within 2 s; launchd kills it after 10. */
export const SERVICE_GONE_MS = 15 * SECOND;
/** caffeinate never ends by itself; where it does, or is not there, it is tried again after this. */
export const KEEP_AWAKE_RETRY_MS = 60 * SECOND;
/** A request of a command; long enough for a Mac on a phone's connection, and a human waits. */
export const HTTP_MS = 20 * SECOND;
/** The claim of a code is asked so often where no answer came, with this in between. */
export const CLAIM_TRIES = 3;
export const CLAIM_PAUSE_MS = 1 * SECOND;
/** A connection by which a command shows who this Mac is: from dialling to the answer. */
export const PROVE_MS = 20 * SECOND;
/** How often `run` looks whether another command changed who it is. */
export const IDENTITY_LOOK_MS = 2 * SECOND;

/** The doctor: a program of macOS that it asks; they answer in milliseconds, or not at all. */
export const DOCTOR_PROGRAM_MS = 5 * SECOND;
/** … Messages over AppleScript, which may have to ask its owner first. */
export const DOCTOR_MESSAGES_MS = 15 * SECOND;
/** … the relay, by one request, and by one knock at the agent's door. */
export const DOCTOR_REQUEST_MS = 10 * SECOND;
export const DOCTOR_KNOCK_MS = 10 * SECOND;
/** Kept of what a program or a server says to it; `launchctl print` is the longest, with a few KiB. */
export const DOCTOR_ANSWER_BYTES = 256 * KIB;
/** A clock this far off makes messages look late; this far, certificates look wrong. */
export const CLOCK_OFF_MS = 1 * MINUTE;
export const CLOCK_FAR_MS = 5 * MINUTE;
/** Less free than this is too little for long, or for the next send: a journal grows to tens of MB. */
export const DISK_LOW_BYTES = 1_000_000_000;
export const DISK_FULL_BYTES = 100_000_000;
/** SQLite folds its log into the database at 4 MB; one this large is held by a reader. */
export const WAL_LARGE_BYTES = 256 * MIB;
/** A database made anew since the enrolment is worth a word for this long. */
export const REPLACED_LATELY_MS = 24 * HOUR;
/** A link that tries again does so every 20 s; one that is down for longer than this is held back by something. */
export const LINK_DOWN_LONG_MS = 1 * MINUTE;
