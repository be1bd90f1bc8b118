// A knock at the agent's door, to see whether WebSockets get through: the relay speaks first (LINK1), and that is all
// that is waited for.
import { CLOSE } from "../../../shared/close.ts";
import { decodeRelayFrame } from "../../../shared/frames.ts";
import type { StoredIdentity } from "../../identity.ts";
import { DOCTOR_KNOCK_MS } from "../../limits.ts";
import { SUBPROTOCOL } from "../../link.ts";
import { proxyAgent, socketDial } from "../../node/dial.ts";
import type { KnockFacts } from "../facts.ts";

export async function knock(
  { relay, account }: StoredIdentity,
  signal: AbortSignal,
  ms = DOCTOR_KNOCK_MS,
): Promise<KnockFacts> {
  const dial = socketDial(await proxyAgent(relay));
  return await new Promise((resolve) => {
    const end = (facts: KnockFacts): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", silent);
      resolve(facts);
      channel.close(CLOSE.goodbye, "");
    };
    const silent = (): void => end({ kind: "silent" });
    const timer = setTimeout(silent, ms);
    const channel = dial(`${relay.replace(/^http/, "ws")}/v1/accounts/${account}/agent`, SUBPROTOCOL, {
      onOpen: () => undefined,
      onText: (text) => {
        const decoded = decodeRelayFrame(text);
        if (decoded.kind === "frame" && decoded.frame.t === "challenge") end({ kind: "challenged" });
      },
      onBinary: () => undefined,
      onClose: silent,
      onFailed: (failure) =>
        end(
          failure.kind === "refused"
            ? { kind: "refused", status: failure.status }
            : { kind: "failed", code: failure.why },
        ),
    });
    if (signal.aborted) silent();
    else signal.addEventListener("abort", silent);
  });
}
