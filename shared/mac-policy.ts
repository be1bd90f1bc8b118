// What the owner of a Mac forbids, as others are told of it: each rule by the name it has in agent.jsonc, with one
// sentence for whoever meets it, and all of them together as far as they concern a gateway. Whom the owner writes to
// and where files lie is nobody's business: of lists, only how long they are.
import * as z from "zod";

export const MAC_RULES = {
  paused:
    "The owner has paused this Mac (paused in its agent.jsonc): nothing is read or sent until that is taken back.",
  read_only: "This Mac is only read from (read_only in its agent.jsonc).",
  "methods.allow": "This method is not listed in methods.allow of the Mac's agent.jsonc.",
  "methods.deny": "This method is listed in methods.deny of the Mac's agent.jsonc.",
  "recipients.allow":
    "It would reach somebody who is not listed in recipients.allow of the Mac's agent.jsonc.",
  "recipients.deny":
    "It would reach, or may reach, somebody who is listed in recipients.deny of the Mac's agent.jsonc.",
  send_roots:
    "Files of the Mac are sent only out of the send_roots of its agent.jsonc; upload the file instead.",
  attachment_roots: "It is no plain file below the attachment_roots of the Mac's agent.jsonc.",
  media_max_mb: "The file is larger than media_max_mb of the Mac's agent.jsonc allows.",
  "sends.per_hour": "As much was sent within an hour as sends.per_hour of the Mac's agent.jsonc allows.",
  "sends.per_day": "As much was sent within 24 hours as sends.per_day of the Mac's agent.jsonc allows.",
} as const;

export type MacRule = keyof typeof MAC_RULES;
export const MAC_RULE_NAMES = Object.keys(MAC_RULES) as MacRule[];

const count = z.int().min(0);
/** No imsg has so many. */
const MAX_METHODS = 500;

/** The rules that hold on the Mac now. Loose: a newer agent may say more. */
export const macPolicySchema = z.looseObject({
  paused: z.boolean(),
  read_only: z.boolean(),
  /** Those of imsg's methods that are refused whatever they are asked. */
  methods_forbidden: z.array(z.string().max(100)).max(MAX_METHODS),
  /** How many are listed; `allow` null = there is no such list. */
  recipients: z.looseObject({ allow: count.nullable(), deny: count }),
  send_roots: count,
  attachment_roots: count,
  media_max_bytes: count,
  /** Null = as many as asked. */
  sends: z.looseObject({ per_hour: count.nullable(), per_day: count.nullable() }),
  /** The file was changed into something that is not understood: the rules of before hold. */
  mistake: z.looseObject({ line: count.nullable(), column: count.nullable() }).nullable(),
});
export type MacPolicy = z.infer<typeof macPolicySchema>;

/** For a human, a line each; only what is not as it is by default. */
export function policyInWords(policy: MacPolicy): string[] {
  const { recipients, sends, mistake, methods_forbidden: methods } = policy;
  const lists = [
    recipients.allow === null ? [] : [`${recipients.allow} allowed`],
    recipients.deny === 0 ? [] : [`${recipients.deny} denied`],
  ].flat();
  const caps = [
    sends.per_hour === null ? [] : [`${sends.per_hour} an hour`],
    sends.per_day === null ? [] : [`${sends.per_day} a day`],
  ].flat();
  const line = mistake?.line ?? null;
  const where = line === null ? "" : ` at line ${line}, column ${mistake?.column ?? 1}`;
  return [
    policy.paused ? ["paused: nothing is read or sent"] : [],
    policy.read_only ? ["read_only: nothing is sent or changed"] : [],
    // What read_only forbids is said by it.
    methods.length === 0 || policy.read_only ? [] : [`methods: ${methods.length} forbidden`],
    lists.length === 0 ? [] : [`recipients: ${lists.join(", ")}`],
    caps.length === 0 ? [] : [`sends: at most ${caps.join(", ")}`],
    policy.send_roots === 0 ? [] : [`send_roots: ${policy.send_roots}`],
    mistake === null ? [] : [`agent.jsonc is not understood${where}; the rules of before hold`],
  ].flat();
}
