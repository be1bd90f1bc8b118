// Why a connection to the relay never came about, in words for the owner of the Mac: what is wrong and what to do.

const NO_ROUTE = "this Mac has no way to {host}; is it online?";
const UNTRUSTED =
  "this Mac does not trust the certificate of {host}; if its authority is your own, name it in NODE_EXTRA_CA_CERTS";
const SILENT = "{host} does not answer; is the address right, and is this Mac online?";

/** By the names that Node (20) gives to errors of sockets, names and certificates. */
const CAUSES: Readonly<Record<string, string>> = {
  ENOTFOUND: "there is no host {host}; is the address right?",
  EAI_AGAIN: "the name {host} cannot be looked up; is this Mac online?",
  ECONNREFUSED: "nothing listens at {host}; is the address right, and does the relay run?",
  ECONNRESET: "{host} broke the connection off",
  EPIPE: "{host} broke the connection off",
  ETIMEDOUT: SILENT,
  EHOSTUNREACH: NO_ROUTE,
  ENETUNREACH: NO_ROUTE,
  ENETDOWN: NO_ROUTE,
  EPROTO: "{host} does not speak TLS; is the address right?",
  ERR_SSL_WRONG_VERSION_NUMBER: "{host} does not speak TLS; is the address right?",
  CERT_HAS_EXPIRED: "the certificate of {host} has expired, or the clock of this Mac is wrong",
  CERT_NOT_YET_VALID: "the certificate of {host} is not valid yet, or the clock of this Mac is wrong",
  ERR_TLS_CERT_ALTNAME_INVALID: "the certificate at {host} is for another host; is the address right?",
  DEPTH_ZERO_SELF_SIGNED_CERT: UNTRUSTED,
  SELF_SIGNED_CERT_IN_CHAIN: UNTRUSTED,
  UNABLE_TO_GET_ISSUER_CERT: UNTRUSTED,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNTRUSTED,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNTRUSTED,
  HPE_INVALID_CONSTANT: "what answers at {host} does not speak HTTP; is the address right?",
};

/** `why`: an error's code, or words of ours. */
export function unreachableInWords(why: string, relay: string): string {
  const known = Object.hasOwn(CAUSES, why) ? CAUSES[why] : undefined;
  return known?.replace("{host}", hostOf(relay)) ?? why;
}

const hostOf = (relay: string): string => (URL.canParse(relay) ? new URL(relay).host : relay);
