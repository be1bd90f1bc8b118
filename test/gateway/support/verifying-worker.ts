// A Worker that is a bot behind a webhook: what the test of workerd bundles. Answers with what it made of the request.
import { verifyWebhook } from "../../../gateway/client/webhooks.ts";

export default {
  async fetch(request: Request, env: { readonly SECRETS: string }): Promise<Response> {
    const { headers } = request;
    const secrets = env.SECRETS.split(" ");
    const verified = await verifyWebhook({ headers, body: await request.arrayBuffer(), secrets });
    return Response.json(verified, { status: verified.ok ? 200 : 401 });
  },
};
