// The account that a request is about, as one that may be asked.
import type { InputOf, OutputOf, QuestionName } from "../account/questions.ts";
import { accountObject } from "../objects.ts";
import { callerOf, openParam, valueOf, type Ctx } from "./context.ts";

export interface AskedAccount {
  ask<N extends QuestionName>(name: N, input: InputOf<N>): Promise<OutputOf<N>>;
}

/** The account asked and who asks: found out before a byte of the body is read. */
export function askedOf(c: Ctx): AskedAccount {
  const account = openParam(c, "acc", c.req.param("account") ?? "");
  const caller = callerOf(c, account);
  return {
    ask: async (name, input) => valueOf(await accountObject(c.env, account).ask(caller, name, input)),
  };
}
