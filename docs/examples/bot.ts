// A bot behind a webhook: it verifies what comes, and answers with what was said. It keeps nothing, so an event that is
// delivered twice is answered twice; the relay sends the first answer alone.
import { createServer } from "node:http";
import { buffer } from "node:stream/consumers";
import { Hono } from "hono";
import { isKind } from "../../gateway/client/events-schema.ts";
import { verifyWebhook } from "../../gateway/client/webhooks.ts";

const { WEBHOOK_SECRET: secrets = "", PORT = "3000" } = process.env;
const MAX_BYTES = 4 * 1024 * 1024;
const app = new Hono();

app.post("/hook", async (c) => {
  const { headers } = c.req.raw;
  const webhook = await verifyWebhook({ headers, body: await c.req.arrayBuffer(), secrets });
  if (!webhook.ok) return c.text(webhook.detail, 401);
  const event = webhook.event.data;
  // Every other kind is taken and passed over: anything but 2xx would bring it again.
  if (!isKind(event, "message.received")) return c.body(null, 204);
  const { sender_name, sender, message } = event.data;
  return c.json({ reply: { text: `${sender_name ?? sender} said: ${message.text}` } });
});

/** Of Node's HTTP; on Workers, Deno and Bun `export default app` is all of it. */
const server = createServer((request, response) => {
  (async () => {
    const { method = "", url = "", headers } = request;
    // Who is not yet known makes nobody hold more than that.
    if (method === "POST" && !(Number(headers["content-length"]) <= MAX_BYTES)) throw new Error("too large");
    const head = new Headers(Object.entries(headers).map(([name, value]) => [name, String(value)]));
    const body = method === "POST" ? await buffer(request) : null;
    const answer = await app.fetch(new Request(new URL(url, "http://bot"), { method, headers: head, body }));
    response.writeHead(answer.status, Object.fromEntries(answer.headers));
    response.end(await answer.text());
    // What is no request, or broke off, ends nothing but its connection.
  })().catch(() => response.destroy());
});
server.listen(Number(PORT), "127.0.0.1", () => console.log(`http://127.0.0.1:${PORT}/hook`));
