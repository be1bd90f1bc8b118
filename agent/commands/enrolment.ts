// An enrolment code over HTTP: what it is for, and its claim (ENR1 to ENR3), without a word on the terminal.
import type { Agent } from "node:http";
import * as z from "zod";
import { err, ok, type Result } from "../../shared/result.ts";
import { CLAIM_PAUSE_MS, CLAIM_TRIES } from "../limits.ts";
import { postJson, type Answered } from "../node/post-json.ts";
import { unreachableInWords } from "../unreachable-words.ts";
import { harmless } from "./command.ts";
import type { EnrolmentLink } from "./enrolment-link.ts";

const name = z.string().max(500).transform(harmless);
/** It is shown, and goes into addresses: nothing but what an id is made of. */
const id = (kind: "acc" | "ten" | "ins") => z.string().regex(new RegExp(`^${kind}_[0-9A-Za-z]{1,200}$`));
const lookedSchema = z.object({
  account: id("acc"),
  account_name: name,
  tenant: id("ten"),
  tenant_name: name.nullable(),
  expires_at: z.number(),
  macs: z.array(
    z.object({ name, enrolled_at: z.number(), serves: z.boolean(), last_seen: z.number().nullable() }),
  ),
  /** Where the relay says that agents come to it. */
  origin: name,
  origin_accepted: z.boolean(),
});
export type Looked = z.infer<typeof lookedSchema>;

const claimedSchema = z.object({
  account: id("acc"),
  tenant: id("ten"),
  install: id("ins"),
  moved_from: z.array(name).default([]),
});
type Claimed = z.infer<typeof claimedSchema>;

const problemSchema = z.object({ code: z.string(), request_id: z.string() });

/** `words`: a sentence for the terminal. `isUnheard`: what became of it is not known. */
interface Failure {
  readonly words: string;
  readonly isUnheard: boolean;
}

/** The code stays good. */
export async function look(link: EnrolmentLink, agent: Agent | undefined): Promise<Result<Looked, string>> {
  const { origin, code } = link;
  const looked = await ask(origin, "look", { code, origin }, agent, lookedSchema);
  if (!looked.ok) return err(looked.error.words);
  if (looked.value.origin_accepted) return looked;
  return err(
    `this relay takes no agents at ${origin}; it says that its address is ${looked.value.origin}: use the link with that`,
  );
}

/** Asked again under the same key where no answer came: the relay may have taken it. */
export async function claim(
  { origin, code }: EnrolmentLink,
  body: { readonly public_key: string; readonly name: string; readonly takeover: boolean },
  agent: Agent | undefined,
): Promise<Result<Claimed, Failure>> {
  for (let tries = 1; ; tries += 1) {
    const claimed = await ask(origin, "claim", { code, ...body }, agent, claimedSchema);
    if (claimed.ok || !claimed.error.isUnheard || tries >= CLAIM_TRIES) return claimed;
    await new Promise((resolve) => setTimeout(resolve, CLAIM_PAUSE_MS));
  }
}

async function ask<T>(
  origin: string,
  what: "look" | "claim",
  body: unknown,
  agent: Agent | undefined,
  schema: z.ZodType<T>,
): Promise<Result<T, Failure>> {
  // What a proxy says, or that it is away, looks like the relay's doing.
  const through = agent === undefined ? "" : " (asked through the proxy that HTTPS_PROXY names)";
  const sent = await postJson(`${origin}/v1/enrolments/${what}`, body, agent);
  if (!sent.ok) {
    const words = `the relay cannot be reached: ${unreachableInWords(sent.error, origin)}${through}`;
    return err({ words, isUnheard: true });
  }
  const { status, text } = sent.value;
  const value = parse(text);
  const problem = problemSchema.safeParse(value).data;
  if (status === 200 || status === 201) {
    const read = schema.safeParse(value);
    // Whoever wrote over the answer, the relay may have done what it was asked.
    return read.success ? ok(read.data) : err({ words: `${noRelay(origin)}${through}`, isUnheard: true });
  }
  // Only the relay itself knows that it did nothing, and only where it had time to look.
  const isUnheard = problem === undefined || status >= 500 || problem.code === "rate_limited";
  return err({ words: `${refusalInWords(origin, sent.value, problem)}${through}`, isUnheard });
}

const noRelay = (origin: string): string =>
  `what answers at ${origin} is no relay, or a relay of another version; is the address right?`;

const NO_CODE =
  "the relay does not know this enrolment code; it works once and for 10 minutes, make a new one";
/** The relay's own sentences are for programs; a code that does not work has one remedy. */
const REFUSALS: Readonly<Record<string, string>> = {
  gone: "this enrolment code was used or has expired; make a new one",
  not_found: NO_CODE,
  conflict: "the account has as many Macs as it can; revoke one, or move the account here with --takeover",
  rate_limited: "this code was looked at too often; make a new one",
  forbidden: "the relay lets no Mac join this account now; ask whoever gave you the code",
  tenant_suspended:
    "the relay's operator has suspended this account; nothing was changed, and a new code works once it is back",
  unauthenticated: "the relay does not accept this enrolment code; make a new one",
};

function refusalInWords(
  origin: string,
  { status, location }: Answered,
  problem: z.infer<typeof problemSchema> | undefined,
): string {
  if (status >= 300 && status < 400) {
    const to =
      location !== undefined && URL.canParse(location, origin) ? new URL(location, origin).origin : "";
    const where = to === "" || to === origin ? "elsewhere" : `to ${to}`;
    return `${origin} points ${where} (HTTP ${status}); the link must name the relay's own address, nothing was sent there`;
  }
  // Every refusal of a relay says both; a proxy's, or another server's, does not.
  if (problem === undefined)
    return status >= 500
      ? `${origin} is not available (HTTP ${status}); try again in a minute`
      : `${noRelay(origin)} (HTTP ${status})`;
  if (status >= 500) return `the relay failed (HTTP ${status}); try again in a minute`;
  const known = Object.hasOwn(REFUSALS, problem.code) ? REFUSALS[problem.code] : undefined;
  return known ?? `the relay refused the enrolment (HTTP ${status}, ${harmless(problem.code)})`;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
