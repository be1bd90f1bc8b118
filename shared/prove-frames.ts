// How an agent shows that it is an install without becoming the account's link (docs/protocol.md, ENR rules): one
// frame in the place of `hello`, one answer, and the socket is over.
import * as z from "zod";

const id = z.string().min(1).max(200);
const signature = z.string().max(200);
const common = { t: z.literal("prove"), install: id, origin: z.string().max(300), signature };

/** agent → relay. `look`: is it known here · `rotate`: this is its next key · `leave`: it ends. */
export const proveFrame = z.discriminatedUnion("wish", [
  z.looseObject({ ...common, wish: z.literal("look") }),
  z.looseObject({ ...common, wish: z.literal("leave") }),
  z.looseObject({
    ...common,
    wish: z.literal("rotate"),
    /** The raw 32 bytes of an Ed25519 key, base64. */
    public_key: z.string().regex(/^[A-Za-z0-9+/]{43}=$/),
    /** By that key, over the same lines: nobody announces a key that is not theirs. */
    next_signature: signature,
  }),
]);

/** relay → agent: it was done. */
export const provedFrame = z.looseObject({
  t: z.literal("proved"),
  wish: z.enum(["look", "rotate", "leave"]),
  /** The account's name. */
  name: z.string().max(500),
  /** Whether this install holds the account's link now. */
  serves: z.boolean(),
});

export type Wish = z.infer<typeof provedFrame>["wish"];

/** What is signed: bound to this wish, origin, account, install, nonce and, of `rotate`, to the next key. */
export function proofText(fields: {
  wish: Wish;
  origin: string;
  account: string;
  install: string;
  nonce: string;
  public_key?: string | undefined;
}): string {
  const { wish, origin, account, install, nonce, public_key = "" } = fields;
  return ["imsg-relay prove v1", wish, origin, account, install, nonce, public_key].join("\n");
}
