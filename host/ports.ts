import { connect, createServer } from "node:net";

const PROBE_MS = 1_000;
const TRIES = 20;

/**
 * Whether somebody answers there. Asked by connecting, not by binding: macOS lets two programs bind one port when one
 * of them binds all addresses.
 */
export function isTaken(port: number, host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host, timeout: PROBE_MS });
    const done = (taken: boolean): void => {
      socket.destroy();
      resolve(taken);
    };
    socket.once("connect", () => done(true));
    socket.once("timeout", () => done(true));
    socket.once("error", () => done(false));
  });
}

/** The next ports from `first` on, each with what is done about a taken one. */
export async function withFreePort<T>(
  first: number,
  host: string,
  use: (port: number) => Promise<T>,
  onTaken: (port: number) => void,
): Promise<T> {
  for (let port = first; port < first + TRIES; port += 1) {
    if (await isTaken(port, reachable(host))) {
      onTaken(port);
      continue;
    }
    try {
      return await use(port);
    } catch (error) {
      if (!isAddressInUse(error)) throw error;
      onTaken(port);
    }
  }
  throw new Error(`The ports ${first} to ${first + TRIES - 1} are taken. Choose another with --port.`);
}

/** Free when it was looked up; somebody else may be quicker. */
export function anyFreePort(host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, host, () => {
      const address = server.address();
      server.close(() =>
        typeof address === "object" && address !== null
          ? resolve(address.port)
          : reject(new Error("no port")),
      );
    });
  });
}

const isAddressInUse = (error: unknown): boolean =>
  error instanceof Error && error.message.includes("EADDRINUSE");

/** All addresses are reached by the loopback one. */
const reachable = (host: string): string => (host === "0.0.0.0" || host === "::" ? "127.0.0.1" : host);
