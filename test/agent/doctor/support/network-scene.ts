// Macs whose agent does not run, the relays they are enrolled at, and the proxies between: all of it real, on loopback.
import { createServer, type Server } from "node:http";
import { connect, type Socket } from "node:net";
import { vi } from "vitest";
import type { CheckId } from "../../../../agent/doctor/check-ids.ts";
import type { Finding } from "../../../../agent/doctor/examine.ts";
import { ask, type AskOptions } from "../../../../agent/doctor/node/ask.ts";
import type { Programs } from "../../support/programs.ts";
import type { Certificate } from "../../support/certificate.ts";
import { FakeMac, stepsOf } from "./fake-mac.ts";
import { RelayDoor } from "./relay-door.ts";

const PROXY_NAMES = [
  "HTTPS_PROXY",
  "https_proxy",
  "HTTP_PROXY",
  "http_proxy",
  "NO_PROXY",
  "no_proxy",
  "ALL_PROXY",
  "all_proxy",
];

export class NetworkScene {
  readonly #programs: Programs;
  readonly #doors: RelayDoor[] = [];
  readonly #servers: Server[] = [];
  readonly #sockets = new Set<Socket>();

  /** No proxy is meant until one is made. */
  constructor(programs: Programs) {
    this.#programs = programs;
    for (const name of PROXY_NAMES) vi.stubEnv(name, undefined);
  }

  async close(): Promise<void> {
    vi.unstubAllEnvs();
    for (const socket of this.#sockets) socket.destroy();
    await Promise.all(this.#doors.map((door) => door.close()));
    await Promise.all(this.#servers.map((server) => new Promise((resolve) => void server.close(resolve))));
  }

  async relay(tls?: Certificate): Promise<RelayDoor> {
    const door = new RelayDoor(tls);
    await door.listen();
    this.#doors.push(door);
    return door;
  }

  /** Where a relay was until just now. */
  async goneRelay(): Promise<string> {
    const door = new RelayDoor();
    await door.listen();
    const at = door.origin();
    await door.close();
    return at;
  }

  /** A Mac whose agent does not run, enrolled at this address. */
  mac(relay: string, options: Omit<AskOptions, "signal"> = {}): FakeMac {
    const mac = new FakeMac(this.#programs, relay);
    mac.status({ pid: 1, written_at: 0 });
    const { signal } = new AbortController();
    mac.net = { get: (url) => ask(url, { signal, ...options }) };
    return mac;
  }

  /** The same, before a relay that is well. */
  async macAtRelay(): Promise<{ mac: FakeMac; door: RelayDoor }> {
    const door = await this.relay();
    const mac = this.mac(door.origin());
    door.publicKey = mac.publicKey;
    return { mac, door };
  }

  /** Takes connections and says nothing. */
  silence(): Promise<number> {
    return this.#listen(createServer(() => undefined));
  }

  /** A proxy that answers CONNECT so; 200 = it leads to that port, whatever was asked for. */
  proxy(status: number, onwards = 0): Promise<number> {
    const proxy = createServer();
    proxy.on("connect", (_, socket: Socket) => {
      socket.on("error", () => socket.destroy());
      if (status !== 200) {
        socket.end(`HTTP/1.1 ${status} No\r\ncontent-length: 0\r\n\r\n`);
        return;
      }
      const onward = connect(onwards, "127.0.0.1", () => {
        socket.write("HTTP/1.1 200 OK\r\n\r\n");
        socket.pipe(onward).pipe(socket);
      });
      this.#sockets.add(onward);
      onward.on("error", () => socket.destroy());
    });
    return this.#listen(proxy);
  }

  async #listen(server: Server): Promise<number> {
    server.on("connection", (socket: Socket) => this.#sockets.add(socket));
    await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
    this.#servers.push(server);
    const address = server.address();
    return typeof address === "object" && address !== null ? address.port : 0;
  }
}

export const said = (found: Finding): string => `${found.summary} ${found.why ?? ""}\n${stepsOf(found)}`;

/** What its finding ought to say and does not. */
export async function unsaid(
  mac: FakeMac,
  id: CheckId,
  state: Finding["state"],
  ...words: string[]
): Promise<string[]> {
  const found = await mac.find(id);
  const all = `${found.state}\n${said(found)}`;
  return [`${state}\n`, ...words]
    .filter((word) => !all.includes(word))
    .map((word) => `${word} is not in ${all}`);
}
