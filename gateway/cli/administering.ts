// The frame of what operators and tenants' managers do: by the operator's key, which is in no file of ours, else by that
// of the login; at the relay of the login, or at another one that is named.
import type { BytesTarget } from "../client/bytes-ask.ts";
import { ClientError } from "../client/client-error.ts";
import { bytesFetch } from "../node/bytes-fetch.ts";
import { httpFetch } from "../node/http-fetch.ts";
import { findCredentials } from "../profile/credentials.ts";
import type { Home } from "../profile/home.ts";
import { framed, type AskingOf, type Found } from "./asking.ts";
import { EXIT, type ExitCode } from "./exit-codes.ts";
import { adviceOf } from "./failure-report.ts";
import type { Invocation } from "./invocation.ts";
import { valueOf } from "./options.ts";
import { isInTheClear, readOrigin } from "./relay-origin.ts";
import type { Run } from "./run.ts";

export interface AdminTarget extends BytesTarget {
  readonly isOperator: boolean;
  /** Of the login, where that is at this relay. */
  readonly account: string | undefined;
}
export type Administering = AskingOf<AdminTarget>;

interface Administered<Wish> {
  readonly read: (invocation: Invocation) => Wish | string | Promise<Wish | string>;
  readonly run: (wish: Wish, asking: Administering) => Promise<ExitCode>;
}

export const administering = <Wish extends object>(name: string, { read, run }: Administered<Wish>): Run =>
  framed(name, { read, run, find, advise });

const operatorKey = (): string | undefined => process.env["IMSG_RELAY_OPERATOR_KEY"] || undefined;

function find(invocation: Invocation, home: Home): Found<AdminTarget> {
  const named = valueOf(invocation, "--relay");
  const origin = named === undefined ? undefined : readOrigin(named);
  if (named !== undefined && origin === undefined)
    return no("--relay needs the address of a relay, such as https://relay.example.com", EXIT.misuse);
  const credentials = findCredentials(process.env, home);
  const login = credentials.ok ? credentials.connection : undefined;
  const relay = origin ?? login?.relay;
  const operator = operatorKey();
  if (relay === undefined) {
    const isAlone = operator !== undefined || credentials.ok;
    if (!isAlone) return no(credentials.why, EXIT.no_access);
    return no("Which relay? No login says it: name it, --relay https://relay.example.com", EXIT.misuse);
  }
  // A key goes to the relay that it is for, and to no other.
  const ours = login?.relay === relay ? login : undefined;
  const key = operator ?? ours?.key;
  if (key === undefined)
    return no(`The login is for another relay: ${relay} needs IMSG_RELAY_OPERATOR_KEY`, EXIT.no_access);
  // Of the login's it was said when that was made.
  if (origin !== undefined && isInTheClear(origin))
    console.error("imsg-relay: this address is not https: whoever is on the way can read the key.");
  const isOperator = operator !== undefined;
  return {
    ok: true,
    target: { relay, key, isOperator, account: ours?.account, fetch: httpFetch, bytesFetch },
  };
}

const no = (why: string, exit: ExitCode): Found<AdminTarget> => ({ ok: false, why, exit });

function advise(error: ClientError, { isOperator, relay }: AdminTarget): string {
  // Found out here, and said whole.
  if (error.status === null) return "";
  if (isOperator && error.code === "unauthenticated")
    return ` IMSG_RELAY_OPERATOR_KEY is not the operator's key of ${relay}.`;
  if (!isOperator && error.code === "forbidden")
    return " It needs a key of scope manage for the whole tenant, or IMSG_RELAY_OPERATOR_KEY.";
  return adviceOf(error, "manage");
}

/** For commands that are suggested: where a login would lead to another relay, or there is none. */
export const atRelay = ({ relay, account }: AdminTarget): string =>
  account === undefined ? ` --relay ${relay}` : "";

/** What no key of a tenant may do is said before anybody is asked. */
export function requireOperator({ isOperator }: AdminTarget): void {
  if (isOperator) return;
  throw refused(
    "unauthenticated",
    "That is done by the relay's operator, whose key comes from IMSG_RELAY_OPERATOR_KEY",
  );
}

/** Found out here, by what was typed or what is there. */
export const refused = (
  code: "not_found" | "invalid_request" | "unauthenticated" | "conflict",
  detail: string,
): ClientError => new ClientError({ code, detail, status: null, requestId: null });
