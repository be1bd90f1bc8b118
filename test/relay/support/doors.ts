// The doors of an account, and ids that lead nowhere.
import { mintId, ownBytes, randomPart, type IdKind } from "../../../shared/ids.ts";
import { secrets } from "./object.ts";

/** An id that is right in every way, of something that never was. */
export function never(kind: IdKind): string {
  const own = ownBytes(kind) === 0 ? {} : { own: randomPart(ownBytes(kind)) };
  const parts = { tenant: randomPart(), account: randomPart(), ...own };
  return mintId(kind, parts, secrets.newest, secrets.macOf);
}

/** An id that was never issued: its last character is another. */
export const guess = (id: string): string => id.replace(/.$/, (last) => (last === "0" ? "1" : "0"));

export const SEND = { id: 1, method: "send", params: { to: "x", text: "y" } };

/** Method, path, body. */
export const doors = (account: string): [string, string, unknown?][] => [
  ["GET", `/v1/accounts/${account}/status`],
  ["GET", `/v1/accounts/${account}/installs`],
  ["POST", `/v1/accounts/${account}/enrolments`],
  ["POST", `/v1/accounts/${account}/rpc`, SEND],
];
