import { exports } from "cloudflare:workers";
import { expect, it } from "vitest";

it("answers health", async () => {
  const response = await exports.default.fetch("http://relay.test/v1/health");
  expect(await response.json()).toMatchObject({ ok: true });
});
