// A Worker that is a bot: what the test of workerd bundles. Answers with the ids that each way of reading gave.
import { readEvents } from "../../../gateway/client/events.ts";
import { pollForever } from "../../../gateway/client/events-http.ts";
import type { ChannelEvent } from "../../../gateway/client/events-schema.ts";
import { streamEvents } from "../../../gateway/client/events-stream.ts";

async function take(events: AsyncIterable<ChannelEvent>, count: number): Promise<string[]> {
  const ids: string[] = [];
  for await (const { id } of events) {
    ids.push(id);
    if (ids.length === count) break;
  }
  return ids;
}

export default {
  async fetch(request: Request): Promise<Response> {
    const url = new URL(request.url);
    const value = (name: string): string => url.searchParams.get(name) ?? "";
    const target = { relay: value("relay"), account: value("account"), key: value("key") };
    const after = "beginning";
    const count = Number(value("count"));
    return Response.json({
      socket: await take(readEvents({ ...target, after }), count),
      stream: await take(streamEvents({ ...target, after }), count),
      poll: await take(pollForever({ ...target, after }), count),
    });
  },
};
