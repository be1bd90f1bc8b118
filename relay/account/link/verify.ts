/** Ed25519 over UTF-8 text; key and signature in base64. False for anything malformed. */
export async function verifyEd25519(publicKey: string, signature: string, text: string): Promise<boolean> {
  const key = fromBase64(publicKey);
  const signed = fromBase64(signature);
  if (key?.length !== 32 || signed?.length !== 64) return false;
  const imported = await crypto.subtle.importKey("raw", key, { name: "Ed25519" }, false, ["verify"]);
  return crypto.subtle.verify({ name: "Ed25519" }, imported, signed, new TextEncoder().encode(text));
}

function fromBase64(text: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    return Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
  } catch {
    return undefined;
  }
}
