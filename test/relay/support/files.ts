// Files at the doors for bytes, as a gateway and a scripted Mac bring and fetch them.
import type { Channel } from "./channel.ts";
import { ORIGIN, worker, type Json } from "./http.ts";

/** Of no bytes, in base64. */
export const EMPTY_SHA256 = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";

export const fileUrl = ({ account }: Channel, rest: string): string =>
  `${ORIGIN}/v1/accounts/${account.account}/${rest}`;
export const bearerOf = ({ key }: Channel): Record<string, string> => ({
  authorization: `Bearer ${key.credential}`,
});

/** A gateway uploads. */
export const put = (of: Channel, path: string, bytes: Uint8Array, method = "POST"): Promise<Response> =>
  worker.fetch(fileUrl(of, path), {
    method,
    headers: { ...bearerOf(of), "content-length": String(bytes.length) },
    body: bytes,
  });

/** The Mac brings bytes of a download. */
export const bring = (of: Channel, { transfer }: Json, bytes: Uint8Array, offset = 0): Promise<Response> =>
  worker.fetch(fileUrl(of, `agent/transfers/${String(transfer)}?offset=${offset}`), {
    method: "POST",
    headers: { "content-length": String(bytes.length) },
    body: bytes,
  });

/** The Mac fetches bytes of an upload. */
export const fetched = (of: Channel, { transfer }: Json): Promise<Response> =>
  worker.fetch(fileUrl(of, `agent/transfers/${String(transfer)}`));

/** The Mac has written 11 bytes, all there are. */
export const staged = (of: Channel, { transfer }: Json, change: Json = {}): void =>
  of.agent.sock.send({
    t: "transfer",
    transfer,
    state: "staged",
    staged: "s1",
    name: "a b.txt",
    size: 11,
    offset: 11,
    digest: EMPTY_SHA256,
    expires_at: 5_000,
    ...change,
  });

/** The reference of a file that the Mac has staged under that name. */
export async function uploaded(of: Channel, name: string, digest = EMPTY_SHA256): Promise<string> {
  const answer = put(of, "attachments", new TextEncoder().encode("hello there"));
  const asked = await of.agent.sock.next();
  await (await fetched(of, asked)).text();
  staged(of, asked, { staged: name, digest });
  const { attachment } = await (await answer).json<Json>();
  return String(attachment);
}

/** How its body ends for whoever reads it. */
export const endOf = (response: Response): Promise<"whole" | "broken"> =>
  response.text().then(
    () => "whole",
    () => "broken",
  );
