// Why a file did not come here, or did not get to the Mac, in words for whoever reads the gateway's log.
import type { ErrorCode } from "../../shared/errors.ts";
import { ERRORS } from "../../shared/errors.ts";
import { ClientError } from "../client/client-error.ts";
import { mayPass } from "../client/events-retry.ts";

const MIB = 1024 * 1024;

export interface FileTrouble {
  readonly why: string;
  /** Where the same may do later on; the relay's own code for why it does not now. */
  readonly passing?: ErrorCode;
}

/** `otherwise`: what else can have failed is a file of this machine. */
export function troubleOf(error: unknown, otherwise: string): FileTrouble {
  if (!(error instanceof ClientError)) return { why: otherwise };
  const { code, size, cap, message } = error;
  if (size !== undefined && cap !== undefined)
    return {
      why: `it has ${(size / MIB).toFixed(1)} MiB, and at most ${(cap / MIB).toFixed(0)} MiB are taken (mediaMaxMb)`,
    };
  // Those were tried again as often as that helps.
  if (!mayPass(error) || code === "damaged" || code === "conflict") return { why: message };
  return { why: message, passing: isOfRelay(code) ? code : "deadline_exceeded" };
}

const isOfRelay = (code: ClientError["code"]): code is ErrorCode => code in ERRORS;
