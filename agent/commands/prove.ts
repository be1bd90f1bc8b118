// Shows the relay that this Mac is an install of it, over a connection of its own that never becomes the account's
// link (ENR6): what `rotate-key`, `leave` and `move` stand on.
import type { Agent } from "node:http";
import { CLOSE, readEndedReason, type InstallEnd } from "../../shared/close.ts";
import { decodeRelayFrame, encodeAgentFrame } from "../../shared/frames.ts";
import { proofText, type Wish } from "../../shared/prove-frames.ts";
import { err, ok, type Result } from "../../shared/result.ts";
import type { StoredIdentity } from "../identity.ts";
import { PROVE_MS } from "../limits.ts";
import { SUBPROTOCOL } from "../link.ts";
import { closeInWords, statusInWords } from "../link-words.ts";
import { socketDial } from "../node/dial.ts";
import { signer } from "../node/machine.ts";
import { unreachableInWords } from "../unreachable-words.ts";
import { harmless } from "./command.ts";

export interface Proof {
  /** What is dialled, and signed. */
  readonly relay: string;
  readonly identity: Pick<StoredIdentity, "account" | "install">;
  /** Private, PEM. */
  readonly key: string;
  readonly wish: Wish;
  /** Of `rotate`: the key that is announced. */
  readonly next?: { readonly privatePem: string; readonly publicKey: string };
}

export interface Proved {
  /** The account's name. */
  readonly name: string;
  /** This install holds the account's link. */
  readonly serves: boolean;
}

export interface ProveFailure {
  /** `unknown`: the relay knows no such install or key. `ended`: it did. `unheard`: nobody knows whether it was done. */
  readonly kind: "unknown" | "ended" | "unheard";
  readonly why: string;
  readonly end: InstallEnd | undefined;
}

export type Prove = (proof: Proof) => Promise<Result<Proved, ProveFailure>>;

const OLD_RELAY = "the relay does not understand this; it must be updated first";

export const proveOver =
  (agent: Agent | undefined): Prove =>
  ({ relay, identity, key, wish, next }) =>
    new Promise((resolve) => {
      const { account, install } = identity;
      const url = `${relay.replace(/^http/, "ws")}/v1/accounts/${account}/agent`;
      const fail = (why: string, kind: ProveFailure["kind"] = "unheard", end?: InstallEnd): void =>
        finish(err({ kind, why, end }));
      const finish = (result: Result<Proved, ProveFailure>): void => {
        clearTimeout(timer);
        resolve(result);
        channel.close(CLOSE.goodbye, "done");
      };
      const unreachable = (why: string): void =>
        fail(`the relay cannot be reached: ${unreachableInWords(why, relay)}`);
      const timer = setTimeout(() => unreachable("no answer in time"), PROVE_MS);
      const answerTo = (nonce: string): string => {
        const said = { wish, origin: relay, account, install, nonce, public_key: next?.publicKey };
        const text = proofText(said);
        const proof = { t: "prove", install, origin: relay, signature: signer(key)(text) } as const;
        if (wish !== "rotate" || next === undefined)
          return encodeAgentFrame({ ...proof, wish: wish === "leave" ? "leave" : "look" });
        const { publicKey: public_key, privatePem } = next;
        return encodeAgentFrame({ ...proof, wish, public_key, next_signature: signer(privatePem)(text) });
      };
      const channel = socketDial(agent)(url, SUBPROTOCOL, {
        onOpen: () => undefined,
        onText: (text) => {
          const decoded = decodeRelayFrame(text);
          const frame = decoded.kind === "frame" ? decoded.frame : undefined;
          if (frame?.t === "challenge") channel.send(answerTo(frame.nonce));
          else if (frame?.t === "proved") finish(ok({ name: harmless(frame.name), serves: frame.serves }));
          else if (frame?.t === "goodbye") fail("the relay restarts; try again in a minute");
          else fail("what the relay says is not understood");
        },
        onBinary: () => fail("what the relay says is not understood"),
        onClose: (code, reason) => {
          if (code === CLOSE.revoked) fail(closeInWords(code, reason), "ended", readEndedReason(reason)?.end);
          else if (code === CLOSE.unauthenticated) fail(closeInWords(code, reason), "unknown");
          else fail(code === CLOSE.protocol_violation ? OLD_RELAY : closeInWords(code, reason));
        },
        onFailed: (failure) => {
          if (failure.kind === "unreachable") unreachable(failure.why);
          else fail(statusInWords(failure.status), failure.status === 404 ? "unknown" : "unheard");
        },
      });
    });
