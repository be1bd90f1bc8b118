// Answers through the channel, and the Mac that sends them.
import { post, type Bot, type Channel } from "./channel.ts";
import type { Json } from "./http.ts";

export const CHATS = [
  { id: 1, guid: "iMessage;-;+15550001", identifier: "+15550001" },
  { id: 2, guid: "SMS;-;+15550002", identifier: "+15550002" },
  { id: 7, guid: "iMessage;+;chat7", identifier: "chat7", is_group: true },
];

export async function noted(
  of: Channel,
  chats: readonly Json[] = CHATS,
  agent = of.agent,
  database = 0,
): Promise<void> {
  agent.sock.send({ t: "note", kind: "chats", database, chats });
  await agent.show([], { database });
}

/** Sends, with the Mac's answer; the status, the body, and what the Mac was asked. */
export async function sent(
  of: Channel,
  body: Json,
  answer: Json = { result: { guid: "S-1" } },
  headers?: Record<string, string>,
): Promise<{ status: number; body: Json; params: unknown; operation: unknown }> {
  const response = post(of, body, headers);
  const { params, operation } = await of.agent.run(answer);
  const { status } = await response;
  return { status, body: await (await response).json(), params, operation };
}

export async function refused(
  of: Bot,
  body: Json,
  headers?: Record<string, string>,
): Promise<[number, Json]> {
  const response = await post(of, body, headers);
  return [response.status, await response.json()];
}
