// The connection string: `https://relay.example.com/v1/accounts/acc_…#key_….…`. Parsed by hand: the fast path has no zod.
import { MAX_CONNECTION_CHARS } from "../limits.ts";

export interface Connection {
  /** Origin of the relay. */
  readonly relay: string;
  readonly account: string;
  /** `<key id>.<secret>`. */
  readonly key: string;
}

const SHAPE = /^(https?:\/\/[^/?#@\s]+)\/v1\/accounts\/(acc_[0-9a-z]+)\/?#(key_[0-9a-z]+\.[0-9A-Za-z_-]+)$/;

/** Undefined where the text is no connection string. */
export function readConnection(text: string): Connection | undefined {
  if (text.length > MAX_CONNECTION_CHARS) return undefined;
  const [, base, account, key] = SHAPE.exec(text.trim()) ?? [];
  if (base === undefined || account === undefined || key === undefined) return undefined;
  try {
    return { relay: new URL(base).origin, account, key };
  } catch {
    return undefined;
  }
}

export const writeConnection = ({ relay, account, key }: Connection): string =>
  `${relay}/v1/accounts/${account}#${key}`;
