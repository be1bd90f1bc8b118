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
  readonly origin: string;
  readonly protocol: string;
  readonly host: string;
  readonly hash: string;
  readonly pathname: string;
  readonly username: string;
  readonly password: string;
  readonly search: string;
}
declare const crypto: { getRandomValues<T extends Uint8Array>(array: T): T };
