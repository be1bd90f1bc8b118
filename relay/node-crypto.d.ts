// The part of node:crypto that the relay uses, present in workerd under nodejs_compat. Synchronous on purpose:
// from a socket message to its commit there is no await (docs/architecture.md).
declare module "node:crypto" {
  interface Digest {
    update(data: string | Uint8Array): Digest;
    digest(): Uint8Array<ArrayBuffer>;
    digest(encoding: "hex"): string;
  }
  interface Cipher {
    setAAD(data: Uint8Array): unknown;
    update(data: Uint8Array): Uint8Array<ArrayBuffer>;
    /** Of a decipher: throws where anything is not as it was sealed. */
    final(): Uint8Array<ArrayBuffer>;
  }
  interface Encipher extends Cipher {
    getAuthTag(): Uint8Array<ArrayBuffer>;
  }
  interface Decipher extends Cipher {
    setAuthTag(tag: Uint8Array): unknown;
  }
  export function createCipheriv(algorithm: "aes-256-gcm", key: Uint8Array, nonce: Uint8Array): Encipher;
  export function createDecipheriv(algorithm: "aes-256-gcm", key: Uint8Array, nonce: Uint8Array): Decipher;
  export function createHmac(algorithm: "sha256", key: Uint8Array): Digest;
  export function createHash(algorithm: "sha256"): Digest;
}
