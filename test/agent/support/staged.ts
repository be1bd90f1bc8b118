// Writes of staged files, to their end.
import type { TransferMac } from "./transfer-mac.ts";

/** Writes a body and says what came of it. */
export async function put(
  mac: TransferMac,
  body: Buffer | null,
  more: Parameters<TransferMac["write"]>[1] = {},
) {
  const word = await mac.ended(mac.write(body, more));
  if (word?.state === "staged") return word;
  throw new Error(`not staged: ${JSON.stringify(word)}`);
}
export async function refused(
  mac: TransferMac,
  body: Buffer | null,
  more: Parameters<TransferMac["write"]>[1] = {},
) {
  const word = await mac.ended(mac.write(body, more));
  if (word?.state === "failed") return word.error;
  throw new Error(`not refused: ${JSON.stringify(word)}`);
}
