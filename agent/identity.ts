// What enrolment leaves on the Mac: who this agent is, and the private half of its key pair.
import * as z from "zod";

export const identitySchema = z.object({
  version: z.literal(1),
  /** Origin of the relay: what is dialled, and what is signed. */
  relay: z.string(),
  account: z.string(),
  tenant: z.string(),
  install: z.string(),
  name: z.string(),
  /** Ed25519, PKCS #8, PEM. */
  private_key: z.string(),
  /** Takes the place of the other when the relay first takes it (ENR6). */
  next_key: z.string().exactOptional(),
  /** Where the relay was before `move`: the way back. */
  former_relay: z.string().exactOptional(),
  created_at: z.string(),
});
export type StoredIdentity = z.infer<typeof identitySchema>;

/** What `leave` keeps in its place: no key. */
export const leftSchema = z.object({
  relay: z.string(),
  account: z.string(),
  install: z.string(),
  left_at: z.number(),
});
export type Left = z.infer<typeof leftSchema>;

/** The part of it that the core needs; the keys stay behind `Ports.keys`. */
export interface Identity {
  readonly relay: string;
  readonly account: string;
  readonly install: string;
  /** Name and version of this program, for the relay's list of installs. */
  readonly agent: string;
  readonly takeover: boolean;
}

/** The identity once its next key is the one that counts. */
export function withNextKey({ next_key, ...rest }: StoredIdentity): StoredIdentity {
  return next_key === undefined ? rest : { ...rest, private_key: next_key };
}
