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
  created_at: z.string(),
});
export type StoredIdentity = z.infer<typeof identitySchema>;

/** The part of it that the core needs; the key stays behind `Ports.sign`. */
export interface Identity {
  readonly relay: string;
  readonly account: string;
  readonly install: string;
  /** Name and version of this program, for the relay's list of installs. */
  readonly agent: string;
  readonly takeover: boolean;
}
