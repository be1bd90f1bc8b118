// People who write to the Mac, and what the relay says to them by message.
import { row, type Agent } from "./agent.ts";
import type { Json } from "./http.ts";

/** A direct message of somebody; `who` is one digit. */
export const from = (who: number, id: number, change: Json = {}): Json => {
  const handle = `+1555999000${who}`;
  const chat = { chat_id: 10 + who, chat_guid: `iMessage;-;${handle}`, chat_identifier: handle };
  return row(id, { sender: handle, participants: [handle], ...chat, ...change });
};

/** Shows rows; what the relay says by message to a stranger follows the ack. */
export async function told(
  agent: Agent,
  rows: Json[],
  answer: Json = { result: { guid: "SAID" } },
): Promise<Json> {
  await agent.show(rows);
  return agent.run(answer);
}

/** Shows rows for which the relay says nothing. */
export async function silent(agent: Agent, rows: Json[]): Promise<void> {
  await agent.show(rows);
  await agent.settled();
}
