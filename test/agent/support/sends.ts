// A Mac under virtual time on which five people have written, and sends to them.
import { VirtualAgent, type VirtualOptions } from "./virtual-agent.ts";

export const [ADA, BOB, CLEO, DAN, EVE] = [1, 2, 3, 4, 5].map((at) => `+1555010010${at}`) as [
  string,
  string,
  string,
  string,
  string,
];
const LONG_MS = 120_000;

/** Five people have written, so that every chat is known: Ada's is 1, Bob's 2, … */
export function started(options: VirtualOptions = {}): VirtualAgent {
  const mac = new VirtualAgent(options);
  for (const handle of [ADA, BOB, CLEO, DAN, EVE]) mac.script.appendText(mac.script.dm(handle), handle, "hi");
  return mac.started();
}
export const send = (
  mac: VirtualAgent,
  text: string,
  to: string | Record<string, unknown>,
  deadline = LONG_MS,
): string =>
  mac.relay.call(
    "send",
    { ...(typeof to === "string" ? { to } : to), text },
    { operation: `op-${text}`, deadline },
  );
export const effects = (mac: VirtualAgent): string[] =>
  mac.database.effects.flatMap((op) => (op.op === "message" ? [op.text] : []));
export const alive = (mac: VirtualAgent): number => mac.children.filter((child) => child.alive).length;
/** What each imsg was asked to send, oldest process first. */
export const given = (mac: VirtualAgent): unknown[][] =>
  mac.children.map(({ received }) =>
    received
      .map((line): { method: string; params: { text?: string } } => JSON.parse(line))
      .filter(({ method }) => method === "send")
      .map(({ params }) => params.text),
  );
/** The first send has its imsg for this long. */
export const hold = (mac: VirtualAgent, ms: number, more: { times?: number } = {}): void =>
  void mac.faults.set({ kind: "hold", ms, method: "send", ...more });
