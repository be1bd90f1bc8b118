// What the program ends with: README.md and `--help` show this table. It imports nothing, since the fast path has it.

export const EXIT = {
  done: 0,
  failed: 1,
  misuse: 2,
  try_again: 3,
  unknown: 4,
  queued: 5,
  partly: 6,
  undelivered: 7,
  no_access: 8,
  unreachable: 9,
  interrupted: 130,
  terminated: 143,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** For humans, of the commands in ./table-messages.ts, ./table-webhooks.ts, ./table-macs.ts and ./table-tenants.ts; the others end with 0, 1 or 2. */
export const EXIT_MEANINGS: readonly (readonly [code: ExitCode, means: string])[] = [
  [EXIT.done, "done; of send: the message went out"],
  [EXIT.failed, "refused or failed; nothing was sent, and the same again would be refused again"],
  [EXIT.misuse, "misused: something on the command line is wrong, and nothing was done"],
  [EXIT.try_again, "not now: the Mac is away, Messages is not well, or too much at once; nothing was sent"],
  [EXIT.unknown, "the outcome is unknown: it may have gone out, so do not send it again under another key"],
  [EXIT.queued, "queued: it goes out when the Mac is back"],
  [EXIT.partly, "only the first parts of a long text went out"],
  [EXIT.undelivered, "it went out, and Messages says that it failed"],
  [EXIT.no_access, "no login, or the relay does not accept its key for this"],
  [EXIT.unreachable, "the relay cannot be reached; nothing was sent"],
  [EXIT.interrupted, "ended by Ctrl-C (tail: its one good end)"],
  [EXIT.terminated, "ended by SIGTERM"],
];
