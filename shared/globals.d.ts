// The few globals that Node, workerd and browsers share. Nothing else exists in shared/.
declare class TextEncoder {
  encode(text?: string): Uint8Array<ArrayBuffer>;
}
declare class TextDecoder {
  constructor(label?: string, options?: { fatal?: boolean });
  decode(bytes?: Uint8Array): string;
}
declare class URL {
  constructor(url: string, base?: string);
  readonly href: string;
  readonly origin: string;
  readonly protocol: string;
  readonly host: string;
  readonly hostname: string;
  readonly port: string;
  readonly hash: string;
  readonly pathname: string;
  readonly username: string;
  readonly password: string;
  readonly search: string;
}
/** Made by `importKey`, read by nobody but `sign`. */
interface HmacKey {
  readonly type: string;
}
declare const crypto: {
  getRandomValues<T extends Uint8Array>(array: T): T;
  readonly subtle: {
    importKey(
      format: "raw",
      key: Uint8Array<ArrayBuffer>,
      algorithm: { readonly name: "HMAC"; readonly hash: "SHA-256" },
      extractable: false,
      uses: ["sign"],
    ): Promise<HmacKey>;
    sign(algorithm: "HMAC", key: HmacKey, data: Uint8Array<ArrayBuffer>): Promise<ArrayBuffer>;
  };
};
declare function btoa(binary: string): string;
declare function atob(text: string): string;
