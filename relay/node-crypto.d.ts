// The part of node:crypto that the relay uses, present in workerd under nodejs_compat. Synchronous on purpose:
// from a socket message to its commit there is no await (docs/architecture.md).
declare module "node:crypto" {
  interface Digest {
    update(data: string | Uint8Array): Digest;
    digest(): Uint8Array<ArrayBuffer>;
    digest(encoding: "hex"): string;
  }
  export function createHmac(algorithm: "sha256", key: Uint8Array): Digest;
  export function createHash(algorithm: "sha256"): Digest;
}
