// A message with a photo, and a Mac that says of it what the test tells it to.
import { row } from "./agent.ts";
import { alone, OPEN, poll, type Channel } from "./channel.ts";
import { bearerOf, fileUrl } from "./files.ts";
import { statusOf, worker, type Json } from "./http.ts";
import { patience } from "./socket.ts";

export const BYTES = new TextEncoder().encode("hello there");
export const ETAG = '"abc"';
export const PHOTO: Json = {
  filename: "~/a.heic",
  transfer_name: "a.heic",
  uti: "public.heic",
  mime_type: "image/heic",
  total_bytes: 11,
  is_sticker: false,
  original_path: "/Users/somebody/Library/Messages/Attachments/a.heic",
  missing: false,
};

export interface Scene extends Channel {
  readonly reference: string;
}

export async function scene(photo: Json = PHOTO): Promise<Scene> {
  const of = await alone({ ...OPEN, includeAttachments: true });
  await of.agent.show([row(1, { attachments: [photo] })]);
  const { events } = await poll(of);
  const [listed] = (events.at(-1)?.data.message["attachments"] ?? []) as Json[];
  return { ...of, reference: String(listed?.["attachment"]) };
}
export const ask = (of: Scene, init: RequestInit = {}): Promise<Response> =>
  worker.fetch(fileUrl(of, `attachments/${of.reference}`), {
    ...init,
    headers: { ...bearerOf(of), ...(init.headers as Record<string, string>) },
  });
export const say = (of: Channel, { transfer }: Json, word: Json): void =>
  of.agent.sock.send({ t: "transfer", transfer, ...word });
export const opened = (of: Channel, asked: Json, change: Json = {}): void =>
  say(of, asked, {
    state: "opened",
    status: 200,
    size: 11,
    start: 0,
    length: 11,
    etag: ETAG,
    modified: 0,
    digest: null,
    ...change,
  });
/** Nothing where it does not come well before it would be given up. */
export const soon = <T>(what: Promise<T>): Promise<T | "nothing"> =>
  Promise.race([what, patience(3_000).then(() => "nothing" as const)]);
export const countsOf = async (of: Channel): Promise<unknown> => (await statusOf(of.account))["transfers"];
