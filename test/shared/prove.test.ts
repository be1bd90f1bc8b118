import { describe, expect, it } from "vitest";
import {
  decodeAgentFrame,
  decodeRelayFrame,
  encodeAgentFrame,
  encodeRelayFrame,
} from "../../shared/frames.ts";
import { proofText } from "../../shared/prove-frames.ts";

const common = { t: "prove", install: "ins_1", origin: "http://relay.test", signature: "s" } as const;
const rotate = { ...common, wish: "rotate", public_key: `${"A".repeat(43)}=`, next_signature: "s" } as const;

describe("prove (ENR6)", () => {
  it.each([{ ...common, wish: "look" } as const, { ...common, wish: "leave" } as const, rotate])(
    "ENR6 %o arrives as it was sent",
    (frame) => {
      expect(decodeAgentFrame(encodeAgentFrame(frame))).toEqual({ kind: "frame", frame });
    },
  );

  it.each([
    { wish: undefined },
    { wish: "rename" },
    { install: "" },
    { install: "x".repeat(201) },
    { origin: undefined },
    { origin: "x".repeat(301) },
    { signature: 5 },
    { signature: "x".repeat(201) },
    { public_key: undefined },
    { public_key: "A".repeat(44) },
    { next_signature: undefined },
  ])("ENR6 with %o it is a violation", (change) => {
    expect(decodeAgentFrame(JSON.stringify({ ...rotate, ...change })).kind).toBe("violation");
  });

  it("ENR6 the answer arrives as it was sent, and a mistyped one is a violation", () => {
    const frame = { t: "proved", wish: "look", name: "home", serves: true } as const;
    expect(decodeRelayFrame(encodeRelayFrame(frame))).toEqual({ kind: "frame", frame });
    for (const change of [{ wish: "rename" }, { name: undefined }, { serves: 1 }])
      expect(decodeRelayFrame(JSON.stringify({ ...frame, ...change })).kind).toBe("violation");
  });

  it("ENR6 what is signed names everything that it is good for, and is no hello", () => {
    const fields = { origin: "http://r", account: "acc_1", install: "ins_1", nonce: "n" };
    expect(proofText({ ...fields, wish: "rotate", public_key: "K" })).toBe(
      "imsg-relay prove v1\nrotate\nhttp://r\nacc_1\nins_1\nn\nK",
    );
    expect(proofText({ ...fields, wish: "look" })).toBe(
      "imsg-relay prove v1\nlook\nhttp://r\nacc_1\nins_1\nn\n",
    );
  });
});
