import { describe, expect, test, vi } from "vitest";
import { ClientError } from "../../../gateway/client/client-error.ts";
import { ticketDial, webSocketDial } from "../../../gateway/client/platform-dial.ts";
import { readEvents } from "../../../gateway/client/events.ts";
import type { Dial, DialTarget, SocketEnd, SocketHandlers } from "../../../gateway/client/socket.ts";
import { settle, VirtualClock } from "../support/virtual-clock.ts";

const target: DialTarget = {
  url: "https://relay.example.com/v1/accounts/acc_1/events?after=tail",
  protocol: "imsg-relay.events.v1",
  key: undefined,
};

type Listener = (event: {
  readonly data?: unknown;
  readonly code?: number;
  readonly reason?: string;
}) => void;

/** A browser's WebSocket, as strict as one where it matters. */
class FakeWebSocket {
  static made: FakeWebSocket[] = [];
  readonly sent: string[] = [];
  readonly closes: unknown[] = [];
  readonly listeners = new Map<string, Listener>();
  state: "connecting" | "open" | "closed" = "connecting";
  readonly url: string;
  readonly protocols: string[];

  constructor(url: string, protocols: string[]) {
    this.url = url;
    this.protocols = protocols;
    FakeWebSocket.made.push(this);
  }

  send(text: string): void {
    if (this.state === "connecting") throw new Error("InvalidStateError");
    this.sent.push(text);
  }

  close(code?: number, reason?: string): void {
    if (code !== 1000 && (code === undefined || code < 3000)) throw new Error("InvalidAccessError");
    this.closes.push([code, reason]);
  }

  addEventListener(type: string, listener: Listener): void {
    this.listeners.set(type, listener);
  }

  fire(type: string, event: Parameters<Listener>[0] = {}): void {
    if (type === "open") this.state = "open";
    this.listeners.get(type)?.(event);
  }

  static get last(): FakeWebSocket {
    const last = FakeWebSocket.made.at(-1);
    if (last === undefined) throw new Error("none was made");
    return last;
  }
}

function listen(): SocketHandlers & { ends: SocketEnd[]; texts: string[]; opens: number } {
  const seen = {
    ends: [] as SocketEnd[],
    texts: [] as string[],
    opens: 0,
    onOpen: () => void (seen.opens += 1),
    onText: (text: string) => void seen.texts.push(text),
    onEnd: (end: SocketEnd) => void seen.ends.push(end),
  };
  return seen;
}

describe("the WebSocket of browsers", () => {
  test("EVT10 it dials ws: with our subprotocol and carries text both ways", () => {
    const seen = listen();
    const channel = webSocketDial(FakeWebSocket)(target, seen);
    const socket = FakeWebSocket.last;
    expect([socket.url, socket.protocols]).toEqual([
      "wss://relay.example.com/v1/accounts/acc_1/events?after=tail",
      ["imsg-relay.events.v1"],
    ]);
    channel.send("too early");
    socket.fire("open");
    channel.send("ping");
    socket.fire("message", { data: "pong" });
    socket.fire("message", { data: new ArrayBuffer(1) });
    socket.fire("close", { code: 4001, reason: "replaced" });
    expect([socket.sent, seen.opens, seen.texts, seen.ends]).toEqual([
      ["ping"],
      1,
      ["pong"],
      [{ code: 4001, reason: "replaced" }],
    ]);
  });

  test("an attempt that fails ends once", async () => {
    const seen = listen();
    webSocketDial(FakeWebSocket)(target, seen);
    FakeWebSocket.last.fire("error");
    FakeWebSocket.last.fire("close", { code: 1006, reason: "" });
    await settle();
    expect(seen.ends).toEqual([{ reason: "the connection broke" }]);
  });

  test("closing is told after the caller's turn, with a code that browsers allow", async () => {
    const seen = listen();
    const channel = webSocketDial(FakeWebSocket)(target, seen);
    channel.close(4000, "goodbye");
    expect(seen.ends).toEqual([]);
    await settle();
    expect([seen.ends, FakeWebSocket.last.closes]).toEqual([
      [{ code: 4000, reason: "goodbye" }],
      [[4000, "goodbye"]],
    ]);
  });

  test("EVT10 a reader with tickets uses it where there is one", async () => {
    vi.stubGlobal("WebSocket", FakeWebSocket);
    const events = readEvents({
      relay: "https://relay.example.com",
      account: "acc_1",
      ticket: () => Promise.resolve("tic/1"),
    });
    const reading = events.each(() => undefined);
    await settle();
    expect(FakeWebSocket.last.url).toBe("wss://relay.example.com/v1/accounts/acc_1/events?ticket=tic%2F1");
    events.close();
    await reading;
    vi.unstubAllGlobals();
  });
});

describe("tickets", () => {
  const plain = (targets: DialTarget[]): Dial =>
    function dial(to) {
      targets.push(to);
      return { send: () => undefined, close: () => undefined };
    };

  test("EVT10 one that is given up while its ticket is fetched dials nothing", async () => {
    const targets: DialTarget[] = [];
    const seen = listen();
    const channel = ticketDial(() => Promise.resolve("tic_1"), plain(targets))(target, seen);
    channel.close(4006, "given up");
    await settle();
    expect([targets, seen.ends]).toEqual([[], [{ code: 4006, reason: "given up" }]]);
  });

  /** How a reader ends, or waits, whose tickets fail so. */
  async function readerWithout(failure: Error): Promise<{ ended: unknown; state: string; dialled: number }> {
    const targets: DialTarget[] = [];
    const events = readEvents({
      relay: "https://relay.example.com",
      account: "acc_1",
      ticket: () => Promise.reject(failure),
      dial: plain(targets),
      clock: new VirtualClock(),
    });
    let ended: unknown;
    void events.each(() => undefined).catch((thrown: unknown) => (ended = thrown));
    await settle();
    const state = events.state.kind;
    events.close();
    return { ended, state, dialled: targets.length };
  }
  const refusal = (status: number | null, retryable: boolean): ClientError =>
    new ClientError({ code: "forbidden", status, requestId: null, retryable });

  test("EVT10 who may not have a ticket may not read", async () => {
    expect(await readerWithout(refusal(403, false))).toMatchObject({
      ended: { code: "forbidden" },
      state: "closed",
      dialled: 0,
    });
  });

  test.each([refusal(null, true), refusal(503, true), new Error("offline")])(
    "EVT10 without a ticket for now, it is tried again (%#)",
    async (error) => {
      expect(await readerWithout(error)).toEqual({ ended: undefined, state: "waiting", dialled: 0 });
    },
  );
});
