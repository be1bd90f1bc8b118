// What may stand between a Mac and its relay: certificates that are wrong, and proxies.
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from "vitest";
import { Programs } from "../support/programs.ts";
import { makeAuthority, makeCertificate } from "../support/certificate.ts";
import { NetworkScene, unsaid } from "./support/network-scene.ts";

let programs: Programs;
let scene: NetworkScene;

beforeAll(() => {
  programs = new Programs();
});
afterAll(() => programs.dispose());
beforeEach(() => {
  scene = new NetworkScene(programs);
});
afterEach(() => scene.close());

it("DOC2: certificates: expired, not valid yet, signed by itself, by an unknown authority, for another name", async () => {
  const authority = makeAuthority();
  const localhost = ["localhost"];
  const cases = [
    [
      makeCertificate({ names: localhost, from: -9, to: -1, by: authority }),
      authority.cert,
      "has expired",
      "$ date",
    ],
    [
      makeCertificate({ names: localhost, from: 1, to: 9, by: authority }),
      authority.cert,
      "not valid yet",
      "clock",
    ],
    [makeCertificate({ names: localhost }), undefined, "signed by itself", "NODE_EXTRA_CA_CERTS"],
    [
      makeCertificate({ names: localhost, by: authority }),
      undefined,
      "without the one that signed it",
      "NODE_EXTRA_CA_CERTS",
    ],
    [
      makeCertificate({ names: ["relay.example.com"], by: authority }),
      authority.cert,
      "for another name",
      "authority",
    ],
  ] as const;
  for (const [tls, ca, ...words] of cases) {
    const door = await scene.relay(tls);
    expect(
      await unsaid(
        scene.mac(door.origin("localhost"), ca === undefined ? {} : { ca }),
        "relay",
        "broken",
        ...words,
      ),
    ).toEqual([]);
  }
  const good = await scene.relay(makeCertificate({ names: localhost, by: authority }));
  expect(await unsaid(scene.mac(good.origin("localhost"), { ca: authority.cert }), "relay", "ok")).toEqual(
    [],
  );
});

it("DOC2: what listens at an https address speaks no TLS", async () => {
  const door = await scene.relay();
  expect(
    await unsaid(scene.mac(`https://127.0.0.1:${door.port}`), "relay", "broken", "does not speak TLS"),
  ).toEqual([]);
});

it("DOC2: a proxy that wants a password, refuses, or is not there is named, without what is secret in its address", async () => {
  const mac = scene.mac("https://relay.test");
  for (const [status, ...words] of [
    [407, "wants a name and a password (407)", "NAME:PASSWORD"],
    [403, "refuses relay.test (403)", "NO_PROXY=relay.test"],
    [502, "refuses relay.test (502)"],
  ] as const) {
    const port = await scene.proxy(status);
    vi.stubEnv("HTTPS_PROXY", `http://ada:hunter2@127.0.0.1:${port}`);
    expect(await unsaid(mac, "relay", "broken", `127.0.0.1:${port}`, ...words)).toEqual([]);
    const found = await mac.find("relay");
    expect(JSON.stringify(found)).not.toContain("hunter2");
  }
  const { host } = new URL(await scene.goneRelay());
  vi.stubEnv("HTTPS_PROXY", `http://${host}`);
  expect(
    await unsaid(mac, "relay", "broken", `the proxy ${host} cannot be reached (ECONNREFUSED)`, "HTTPS_PROXY"),
  ).toEqual([]);
});

it("DOC2: through a proxy that lets it pass, the relay's own certificate is judged", async () => {
  const authority = makeAuthority();
  const tls = makeCertificate({ names: ["relay.test"], by: authority });
  const door = await scene.relay(tls);
  const port = await scene.proxy(200, door.port);
  vi.stubEnv("HTTPS_PROXY", `http://127.0.0.1:${port}`);
  const found = await scene.mac("https://relay.test", { ca: authority.cert }).find("relay");
  expect(found.state).toBe("ok");
  expect(found.detail).toContain(`by the proxy 127.0.0.1:${port}`);
  expect(await unsaid(scene.mac("https://relay.test"), "relay", "broken", "certificate")).toEqual([]);
});
