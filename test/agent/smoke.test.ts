import { expect, test } from "vitest";
import { VirtualAgent } from "./support/virtual-agent.ts";

for (const dialect of ["0.15", "0.9"] as const) {
  test(`smoke ${dialect}`, () => {
    const mac = new VirtualAgent({ dialect });
    const chat = mac.script.dm("+15550100101");
    mac.script.appendText(chat, "+15550100101", "before");
    mac.started();
    const guid = mac.script.appendText(chat, "+15550100101", "after");
    mac.advance(6_000);
    console.log(
      mac.logged,
      mac.relay.frames.map((f) => JSON.stringify(f).slice(0, 200)),
      mac.relay.violations,
      mac.agent.status(),
    );
    expect(mac.relay.guids()).toEqual([guid]);
    mac.stop();
  });
}
