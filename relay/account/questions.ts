// What may be asked of an account, and by whom: one table, from which the object's one door and the Worker's types
// derive. Any one of the scopes is enough.
import type { AuditVerb } from "../../shared/audit.ts";
import type { Refused } from "../../shared/errors.ts";
import type { Scope } from "../../shared/grant.ts";
import type { KeyId } from "../../shared/ids.ts";
import type { RpcRequest } from "../../shared/jsonrpc.ts";
import { err, ok, type Result } from "../../shared/result.ts";
import type { Admitted } from "./access.ts";
import type { AccountCore } from "./core.ts";
import type { MessageWish } from "./sending/messages.ts";
import { viewOf } from "./sending/operation-view.ts";
import type { OperationState } from "./store/operations.ts";
import type { Door } from "./ports.ts";
import type { ReplayFrom } from "./webhooks/redelivery.ts";
import type { ReaderWish } from "./readers/readers.ts";

type Run<I, O> = (
  core: AccountCore,
  input: I,
  asker: Admitted,
) => Result<O, Refused> | Promise<Result<O, Refused>>;

/** What the audit says of it: the verb, and the id of what it is about. */
type ActOf<I> = (input: I, account: string) => { readonly verb: AuditVerb; readonly about: string };

export interface Question<I, O> {
  readonly scopes: readonly Scope[];
  readonly run: Run<I, O>;
  /** Of an administrative act, which answers at once. */
  readonly act?: ActOf<I>;
}

/** One by its key, or the newest in that state. */
interface OperationsAsked {
  readonly key: string | null;
  readonly state: OperationState | null;
  readonly limit: number;
}

const question = <I, O>(scopes: readonly Scope[], run: Run<I, O>): Question<I, O> => ({ scopes, run });

/** An administrative act, about its account unless it is said otherwise. */
const act = <I, O>(
  verb: AuditVerb,
  scopes: readonly Scope[],
  run: Run<I, O>,
  about: (input: I) => string | null = () => null,
): Question<I, O> => ({
  scopes,
  run,
  act: (input, account) => ({ verb, about: about(input) ?? account }),
});

const ANY: readonly Scope[] = ["read", "send", "rpc", "manage"];

/** Who did it, as events and lists say it. */
const nameOf = (asker: Admitted): string => asker?.key ?? "operator";

/** Things that belong to a key; the operator has none. */
function withKey<O>(asker: Admitted, run: (key: KeyId) => Result<O, Refused>): Result<O, Refused> {
  return asker === null
    ? { ok: false, error: { code: "forbidden", detail: "this needs a key" } }
    : run(asker.key);
}

export const QUESTIONS = {
  status: question(ANY, (core) => ok(core.status())),
  rpc: question(
    ["rpc"],
    async (core, { request, references }: { request: RpcRequest; references: boolean }, asker) =>
      ok(await core.rpc(request, asker?.key ?? null, references)),
  ),
  offerEnrolment: act("install.offered", ["manage"], (core) => ok(core.parts.enrolment.offer())),
  installs: question(["manage"], (core) => ok(core.parts.enrolment.list())),
  revokeInstall: act(
    "install.revoked",
    ["manage"],
    (core, install: string) => core.parts.enrolment.revoke(install),
    (install) => install,
  ),

  transfer: question(["read", "send"], (core, id: string) => {
    const view = core.parts.transfers.view(id);
    return view === undefined ? err({ code: "not_found" }) : ok(view);
  }),

  poll: question(["read"], (core, { wish, limit }: { wish: ReaderWish; limit: number }, asker) => {
    core.parts.link.live();
    return core.parts.readers.poll(wish, limit, nameOf(asker));
  }),
  consumers: question(["read", "manage"], (core) => ok(core.parts.readers.consumers())),
  removeConsumer: act("consumer.removed", ["manage"], (core, name: string) =>
    core.parts.readers.removeConsumer(name),
  ),
  decisions: question(["manage"], (core, page: { after: string | null; limit: number; all: boolean }) =>
    core.parts.decisions.page(page.after, page.limit, page.all),
  ),
  ticketForEvents: question(["read"], (core, _none: null, asker) => ticket(core, asker, "events")),
  ticketForRpc: question(["rpc"], (core, _none: null, asker) => ticket(core, asker, "rpc")),

  claims: question(["read", "send", "manage"], (core, _none: null, asker) =>
    ok(core.parts.claims.list(asker?.key ?? null)),
  ),
  claim: question(["send"], (core, claim: { chat: string; consumer: string | null; forMs: number }, asker) =>
    withKey(asker, (key) => {
      const { chat, consumer, forMs } = claim;
      return core.parts.claims.claim(chat, { key, consumer }, forMs);
    }),
  ),
  release: question(["send", "manage"], (core, chat: string, asker) => {
    const isAdmin = asker === null || asker.scopes.includes("manage");
    return core.parts.claims.release(chat, isAdmin ? null : { key: asker.key, consumer: null });
  }),

  pairing: question(["manage"], (core) => ok(core.parts.pairing.list())),
  approve: act("pairing.approved", ["manage"], (core, code: string, asker) =>
    core.parts.pairing.approve(code, nameOf(asker)),
  ),
  deny: act("pairing.denied", ["manage"], (core, code: string, asker) =>
    core.parts.pairing.deny(code, nameOf(asker)),
  ),
  revokePairing: act("pairing.revoked", ["manage"], (core, handle: string, asker) =>
    core.parts.pairing.revoke(handle, nameOf(asker)),
  ),

  config: question(["manage"], (core) => {
    const { facts, warnings } = core.parts.settings;
    const { version, config, origin } = facts;
    return ok({ version, config, origin, warnings });
  }),

  usage: question(["manage"], (core, { from, to }: { from: string; to: string }) =>
    ok(core.parts.usage.between(from, to)),
  ),

  endpoints: question(["manage"], (core) => ok(core.parts.deliveries.view())),
  attempts: question(["manage"], (core, { endpoint, limit }: { endpoint: string; limit: number }) =>
    core.parts.redelivery.attempts(endpoint, limit),
  ),
  parked: question(["manage"], (core, endpoint: string) => core.parts.redelivery.waiting(endpoint)),
  resend: act(
    "endpoint.resent",
    ["manage"],
    (core, { endpoint, event }: { endpoint: string; event: string }) =>
      core.parts.redelivery.resend(endpoint, event),
    ({ endpoint }) => endpoint,
  ),
  replay: act(
    "endpoint.replayed",
    ["manage"],
    (core, { endpoint, from }: { endpoint: string; from: ReplayFrom }) =>
      core.parts.redelivery.replay(endpoint, from),
    ({ endpoint }) => endpoint,
  ),

  send: question(
    ["send"],
    (core, message: MessageWish & { consumer: string | null; idempotencyKey: string | null }, asker) => {
      const claimant = { key: asker?.key ?? null, consumer: message.consumer };
      const { consumer: _, idempotencyKey, ...wish } = message;
      return core.parts.messages.send(wish, claimant, idempotencyKey);
    },
  ),
  operation: question(["send"], (core, id: string) => {
    const found = core.parts.operationStore.byId(id);
    return found === undefined ? err({ code: "not_found" }) : ok(viewOf(found));
  }),
  operations: question(["send"], (core, asked: OperationsAsked) => {
    const { key, state, limit } = asked;
    const { operationStore } = core.parts;
    const named = key === null ? undefined : [operationStore.byKey(key) ?? []].flat();
    return ok((named ?? operationStore.list(state, limit)).map(viewOf));
  }),
  cancelOperation: question(["send"], (core, id: string) => {
    const cancelled = core.parts.operations.cancel(id);
    if (cancelled.ok) return ok(viewOf(cancelled.value));
    const detail = "the Mac has it already, or it is done";
    return err(cancelled.error === "conflict" ? { code: "conflict", detail } : { code: "not_found" });
  }),
} as const;

function ticket(
  core: AccountCore,
  asker: Admitted,
  door: Door,
): ReturnType<AccountCore["parts"]["tickets"]["issue"]> {
  return withKey(asker, (key) => core.parts.tickets.issue({ key, until: asker?.expires_at ?? null }, door));
}

export type QuestionName = keyof typeof QUESTIONS;
export type InputOf<N extends QuestionName> =
  (typeof QUESTIONS)[N] extends Question<infer I, infer _> ? I : never;
export type OutputOf<N extends QuestionName> =
  (typeof QUESTIONS)[N] extends Question<infer _, infer O> ? O : never;
