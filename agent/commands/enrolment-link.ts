// The enrolment link, as it was typed or piped.
import { err, ok, type Result } from "../../shared/result.ts";
import { isSafeOrigin } from "../node/origin.ts";

export interface EnrolmentLink {
  readonly origin: string;
  readonly code: string;
}

const ENROLMENT_CODE = /^enr_[0-9a-zA-Z]{20,200}$/;

/** `https://relay.example.com#enr_…`. Plain http is for this machine only: the code is a secret. */
export function readEnrolmentLink(text: string): Result<EnrolmentLink, string> {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    return err("the enrolment link must look like https://relay.example.com#enr_…");
  }
  const code = url.hash.slice(1);
  if (code.startsWith("enr_") && !ENROLMENT_CODE.test(code))
    return err("the enrolment code of the link is not whole: more stood behind #enr_ where it was copied");
  if (!ENROLMENT_CODE.test(code)) {
    return err(
      "the link has no enrolment code: it ends in #enr_…; put it in quotes, so that the shell leaves the # alone",
    );
  }
  // They would be sent in the clear to whatever proxy is between, and are no part of an enrolment.
  if (url.username !== "" || url.password !== "")
    return err("the link must not hold a user name or password");
  if (!isSafeOrigin(url.origin)) {
    return err("the relay's address must begin with https://; plain http is for this machine only");
  }
  return ok({ origin: url.origin, code });
}

/** An address that is nothing but a relay's. */
export function readRelayOrigin(text: string): Result<string, string> {
  if (!URL.canParse(text)) return err("the relay's address must look like https://relay.example.com");
  const url = new URL(text);
  if (`${url.origin}/` !== url.href) return err("the relay's address is its origin alone, without a path");
  if (isSafeOrigin(url.origin)) return ok(url.origin);
  return err("the relay's address must begin with https://; plain http is for this machine only");
}
