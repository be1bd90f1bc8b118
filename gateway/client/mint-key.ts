import { encodeBase32 } from "../../shared/base32.ts";

/** 128 random bits: no two mutations ever share a key by chance. */
export const mintKey = (): string => encodeBase32(crypto.getRandomValues(new Uint8Array(16)));
