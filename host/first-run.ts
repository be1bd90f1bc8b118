// What is done once: the account and its key, the login of the gateway, the enrolment of the agent. Each is one run
// of the program that does it for everybody else, too.
import * as z from "zod";
import { run } from "./child.ts";
import type { Layout } from "./layout.ts";
import type { Secrets } from "./secrets.ts";

export interface Programs {
  readonly layout: Layout;
  /** IMSG_RELAY_HOME. */
  readonly home: string;
}

const madeSchema = z.object({
  tenant: z.string(),
  account: z.string(),
  credential: z.string(),
  enrolment: z.object({ url: z.string() }),
});
export type Made = z.infer<typeof madeSchema>;

const enrolmentSchema = z.object({ url: z.string() });

/** A tenant, an account, a key and an enrolment code. */
export async function setUp(
  programs: Programs,
  relay: string,
  secrets: Secrets,
  name: string,
): Promise<Made> {
  const env = { IMSG_RELAY_OPERATOR_KEY: secrets.OPERATOR_KEY };
  const out = await gateway(programs, ["setup", relay, "--name", name, "--json"], { env });
  return madeSchema.parse(JSON.parse(out));
}

export async function logIn(
  programs: Programs,
  relay: string,
  { account, credential }: Pick<Made, "account" | "credential">,
): Promise<void> {
  const input = `${relay}/v1/accounts/${account}#${credential}\n`;
  await gateway(programs, ["login"], { input });
}

/** Another code for an account that is there: the first one was not used in its ten minutes. */
export async function offerEnrolment(relay: string, account: string, secrets: Secrets): Promise<string> {
  const answer = await fetch(`${relay}/v1/accounts/${account}/enrolments`, {
    method: "POST",
    headers: { authorization: `Bearer ${secrets.OPERATOR_KEY}` },
  });
  if (!answer.ok) throw new Error(`The relay made no enrolment code (HTTP ${answer.status}).`);
  return enrolmentSchema.parse(await answer.json()).url;
}

/** `url` = `<relay>#<code>`. An identity for another place that the relay was at is replaced. */
export async function enrol({ layout, home }: Programs, url: string): Promise<void> {
  const env = { IMSG_RELAY_HOME: home };
  await finish("imsg-relay-agent enroll", layout.agent, ["enroll", "-", "--force", "--yes"], env, `${url}\n`);
}

const gateway = (
  { layout, home }: Programs,
  args: readonly string[],
  { env = {}, input = "" }: { readonly env?: NodeJS.ProcessEnv; readonly input?: string },
): Promise<string> =>
  finish(`imsg-relay ${args[0] ?? ""}`, layout.gateway, args, { ...env, IMSG_RELAY_HOME: home }, input);

async function finish(
  what: string,
  program: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  input = "",
): Promise<string> {
  const done = await run({
    command: process.execPath,
    args: [program, ...args],
    env: { ...inherited(), ...env },
    input,
  });
  if (done.code === 0) return done.out;
  throw new Error(`${what} failed: ${reasonIn(done.err || done.out) ?? `code ${done.code}`}`);
}

/** What it said to a human, or the error it died of: not the stack, not the source line that Node prints with it. */
export function reasonIn(text: string): string | undefined {
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  return lines.findLast((line) => /^(imsg-[a-z-]+|[A-Za-z]*Error\b.*?):/.test(line)) ?? lines.at(-1);
}

/** Our environment without what is set in it about another relay. */
export function inherited(): NodeJS.ProcessEnv {
  const {
    IMSG_RELAY_URL: _url,
    IMSG_RELAY_HOME: _home,
    IMSG_RELAY_OPERATOR_KEY: _key,
    ...others
  } = process.env;
  return others;
}
