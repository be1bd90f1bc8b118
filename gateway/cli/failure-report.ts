// Why a command was not done: the exit code, a sentence, and the same for programs.
import { ERROR_CODES, ERRORS, type ErrorCode } from "../../shared/errors.ts";
import { bytesInWords } from "../../shared/terminal/progress-words.ts";
import type { ClientError, ClientErrorCode } from "../client/client-error.ts";
import { rewordText } from "../drop-in/wording.ts";
import { EXIT, type ExitCode } from "./exit-codes.ts";
import { harmless } from "./text-table.ts";

const EXITS: Readonly<Partial<Record<ClientErrorCode, ExitCode>>> = {
  invalid_request: EXIT.misuse,
  unauthenticated: EXIT.no_access,
  forbidden: EXIT.no_access,
  tenant_suspended: EXIT.no_access,
  account_paused: EXIT.no_access,
  partly_sent: EXIT.partly,
  unreachable: EXIT.unreachable,
  unexpected_answer: EXIT.unreachable,
  damaged: EXIT.failed,
};

export function exitOf(error: ClientError): ExitCode {
  const { code, retryable } = error;
  if (isForbiddenBySettings(error)) return EXIT.failed;
  return EXITS[code] ?? (retryable ? EXIT.try_again : EXIT.failed);
}

/** Not by the key: in an answer (which has an id) the relay says what is in the way where it is anything else. */
const isForbiddenBySettings = ({ code, message, requestId }: ClientError): boolean =>
  code === "forbidden" && requestId !== null && message !== ERRORS.forbidden.sentence;

/** The relay says in brackets which setting it is. */
const SWITCHED_OFF = /\(enabled\)\.?$/;

/** In a relay's answer, which may be newer than this program. */
const knownCode = (text: string): ErrorCode | undefined => ERROR_CODES.find((one) => one === text);

export function exitOfCode(text: string): ExitCode {
  const code = knownCode(text);
  if (code === undefined) return EXIT.failed;
  return EXITS[code] ?? (ERRORS[code].retryable ? EXIT.try_again : EXIT.failed);
}

/** Why an operation was not sent. */
export function reasonOf({
  code: text,
  detail,
}: {
  readonly code: string;
  readonly detail?: string | undefined;
}): string {
  const code = knownCode(text);
  return rewordText(detail ?? (code === undefined ? text : ERRORS[code].sentence));
}

/** In our own words or the relay's, never in those by which a gateway would act. */
export const sentenceOf = ({ message }: ClientError): string => {
  const said = rewordText(message);
  return harmless(/[.!?]$/.test(said) ? said : `${said}.`);
};

/** Finds it in the relay's log; stands last. */
export const requestOf = ({ requestId }: ClientError): string =>
  requestId === null ? "" : ` (request ${harmless(requestId)})`;

/** `scope`: what the command needs of its key. */
export function adviceOf(error: ClientError, scope: string): string {
  const { code, retryAfterMs } = error;
  if (isForbiddenBySettings(error))
    return SWITCHED_OFF.test(error.message)
      ? " Switch it on: imsg-relay config set enabled true."
      : " The account's settings say so: imsg-relay config get.";
  if (error.size !== undefined && error.cap !== undefined)
    return ` It has ${bytesInWords(error.size)}, and at most ${bytesInWords(error.cap)} is taken.`;
  if (code === "unauthenticated") return " Log in again: imsg-relay login.";
  if (code === "forbidden") return ` Who runs the relay can make a key of scope ${scope}, for this account.`;
  if (retryAfterMs === undefined || retryAfterMs === 0) return "";
  return ` Try again in ${Math.ceil(retryAfterMs / 1_000)} s.`;
}

/** What a program reads of it. */
export function failureJson(error: ClientError): Record<string, unknown> {
  const { code, retryable, requestId, retryAfterMs, sending, size, cap, rule } = error;
  return {
    success: false,
    error: rewordText(error.message),
    code,
    retryable,
    request_id: requestId,
    ...(retryAfterMs === undefined ? {} : { retry_after_s: retryAfterMs / 1_000 }),
    ...(size === undefined ? {} : { size }),
    ...(cap === undefined ? {} : { cap }),
    ...(rule === undefined ? {} : { rule }),
    ...(sending === null ? {} : { ...sending }),
  };
}
