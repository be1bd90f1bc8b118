// A bot in a Worker that is not let in: what its error says.
import { ClientError } from "../../gateway/client/client-error.ts";
import { readEvents } from "../../gateway/client/events.ts";

export default {
  async fetch(request: Request): Promise<Response> {
    const { relay = "", account = "", key = "" } = Object.fromEntries(new URL(request.url).searchParams);
    const reader = readEvents({ relay, account, key });
    const error: unknown = await reader.each(() => undefined).catch((thrown: unknown) => thrown);
    return Response.json(error instanceof ClientError ? { code: error.code, why: error.message } : {});
  },
};
