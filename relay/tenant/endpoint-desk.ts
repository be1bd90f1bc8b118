// What is asked of a tenant about its endpoints: by whoever administers them, and by the accounts that deliver.
import type { AuditVerb } from "../../shared/audit.ts";
import { encodeBase32 } from "../../shared/base32.ts";
import type { Refused } from "../../shared/errors.ts";
import { mintId, randomPart, type AccountId, type IdParts } from "../../shared/ids.ts";
import type { Quotas } from "../../shared/quotas.ts";
import { assertNever, err, ok, type Result } from "../../shared/result.ts";
import { MAX_KEPT_ANSWER_BYTES } from "../../shared/webhooks/limits.ts";
import { judge } from "../../shared/webhooks/verdict.ts";
import type { Storage } from "../account/ports.ts";
import type { Post } from "../account/webhooks/attempt.ts";
import type { FailureReport, FailureWord } from "../account/webhooks/breaker-port.ts";
import { keptAnswer, signedPost } from "../account/webhooks/signed-post.ts";
import type { EndpointAnswer, EndpointCommand, EndpointTest, EndpointTested } from "../api.ts";
import type { RelayConfig } from "../env.ts";
import { sha256 } from "../secrets.ts";
import { notDone, type Done } from "./done.ts";
import { overQuota } from "./quotas.ts";
import { TenantEndpoints, type EndpointSealing } from "./endpoints.ts";
import type { TenantStore } from "./store.ts";

/** UTF-16 units of what the breaker knows a chat by. */
const WHO_CHARS = 16;

interface DeskParts {
  readonly storage: Storage;
  readonly store: TenantStore;
  readonly sealing: EndpointSealing;
  readonly config: Pick<RelayConfig, "secrets" | "allowsLoopback" | "origins" | "webhookScale">;
  /** Of the tenant's own id, and new. */
  readonly newParts: () => IdParts;
  readonly quotas: () => Quotas;
  readonly post: Post;
  readonly now: () => number;
}

/** What the tenant says to an account of it, and whether the others must be told. */
interface Told<T> {
  readonly answer: T;
  readonly isNews: boolean;
}

/** Accounts; null = all, also those to come. */
type Concerned = readonly string[] | null;
const VERBS = {
  create: "endpoint.created",
  show: null,
  change: "endpoint.changed",
  remove: "endpoint.removed",
  pause: "endpoint.paused",
  resume: "endpoint.resumed",
  rotate: "endpoint.rotated",
  secret: "endpoint.secret_shown",
} as const satisfies Record<EndpointCommand["kind"], AuditVerb | null>;

export class EndpointDesk {
  readonly #parts: DeskParts;
  readonly endpoints: TenantEndpoints;

  constructor(parts: DeskParts) {
    this.#parts = parts;
    const { allowsLoopback, origins, webhookScale } = parts.config;
    const guard = { allowLoopback: allowsLoopback, ownHosts: origins };
    this.endpoints = new TenantEndpoints(parts.storage.sql, parts.sealing, guard, webhookScale);
  }

  /** In a transaction of the caller, who tells the accounts. */
  perform(command: EndpointCommand): Done<EndpointAnswer> {
    const verb = VERBS[command.kind];
    const named = "endpoint" in command ? command.endpoint : "";
    if (this.#strangers(command).length > 0) {
      const detail = "accounts: one of them is none of this tenant";
      return notDone({ verb: verb ?? "endpoint.changed", about: named }, { code: "invalid_request", detail });
    }
    const concerned = (): Concerned =>
      command.kind === "create" ? command.wish.accounts : this.#concernedBy(command.endpoint);
    const { answer, isNews } = this.#told(concerned, () => {
      const performed = this.#performed(command);
      const isChange = command.kind !== "show" && command.kind !== "secret";
      return { answer: performed, isNews: isChange && performed.ok };
    });
    const about = answer.ok ? answer.value.endpoint : named;
    return { answer, act: verb === null ? null : { verb, about }, isNews };
  }

  /** One request at once, to see whether it arrives. Nothing of it is kept. */
  async test({ endpoint, account }: EndpointTest): Promise<Result<EndpointTested, Refused>> {
    const { store, sealing, config, post, now } = this.#parts;
    const found = this.endpoints.addressOf(endpoint);
    if (found === undefined) return err({ code: "not_found" });
    const { url, secrets, accounts } = found;
    const known = accounts ?? store.accounts().map((one) => one.account);
    if (account !== null && !known.some((one) => one === account))
      return err({ code: "invalid_request", detail: "account: none of this endpoint's" });
    const data = { endpoint, account: account ?? known[0] ?? null };
    const at = now();
    const body = JSON.stringify({ type: "endpoint.test", timestamp: new Date(at).toISOString(), data });
    const guard = { allowLoopback: config.allowsLoopback, ownHosts: config.origins };
    const letter = { url, secrets, body, now: at, maxAnswerBytes: MAX_KEPT_ANSWER_BYTES };
    const posting = { post, guard, unseal: (sealed: string) => sealing.unseal(sealed) };
    const end = await signedPost(posting, { ...letter, id: `test_${encodeBase32(randomPart())}` });
    const ended = now();
    const { outcome, text } = judge(end, ended);
    return ok({
      delivered: outcome === "delivered",
      status: "status" in end ? end.status : null,
      took_ms: ended - at,
      why: outcome === "delivered" ? null : text,
      response: keptAnswer(end.answer ?? ""),
    });
  }

  failed({ chat, ...report }: FailureReport, account: AccountId): Told<FailureWord> {
    const { now } = this.#parts;
    // Whose chat it is is not kept: only that it is another one.
    const who = sha256(`${account} ${chat}`).slice(0, WHO_CHARS);
    return this.#told(
      () => this.#concernedBy(report.endpoint),
      () => {
        const { isNews, ...answer } = this.endpoints.failed({ ...report, who }, now(), Math.random());
        return { answer, isNews };
      },
    );
  }

  succeeded(endpoint: string, round: number): Told<void> {
    return this.#told(
      () => this.#concernedBy(endpoint),
      () => ({
        answer: undefined,
        isNews: this.endpoints.succeeded(endpoint, round, this.#parts.now()),
      }),
    );
  }

  gone(endpoint: string, round: number): Told<void> {
    return this.#told(
      () => this.#concernedBy(endpoint),
      () => ({
        answer: undefined,
        isNews: this.endpoints.gone(endpoint, round, this.#parts.now()),
      }),
    );
  }

  mayProbe(endpoint: string): true | number {
    const { storage, now } = this.#parts;
    return storage.transaction(() => this.endpoints.mayProbe(endpoint, now())) ?? true;
  }

  /**
   * What is news is queued in the same transaction, for the accounts that it concerns before or after: each is woken
   * by it, and there may be thousands.
   */
  #told<T>(concerned: () => Concerned, run: () => Told<T>): Told<T> {
    const { storage, store } = this.#parts;
    return storage.transaction(() => {
      const before = concerned();
      const done = run();
      const after = concerned();
      const some = before === null || after === null ? null : [...new Set([...before, ...after])];
      if (done.isNews) store.queueInform(some as readonly AccountId[] | null);
      return done;
    });
  }

  #concernedBy(endpoint: string): Concerned {
    const found = this.endpoints.addressOf(endpoint);
    return found === undefined ? [] : found.accounts;
  }

  #strangers(command: EndpointCommand): readonly string[] {
    const { store } = this.#parts;
    const named =
      command.kind === "create"
        ? command.wish.accounts
        : command.kind === "change"
          ? (command.change.accounts ?? null)
          : null;
    return (named ?? []).filter((account) => store.findAccount(account as AccountId) === undefined);
  }

  #performed(command: EndpointCommand): Result<EndpointAnswer, Refused> {
    const { endpoints } = this;
    const { config, newParts, quotas } = this.#parts;
    const now = this.#parts.now();
    if (command.kind === "create") {
      const refused = overQuota(quotas(), "endpoints", endpoints.count);
      if (refused !== undefined) return err(refused);
      const { secrets } = config;
      return endpoints.add(mintId("end", newParts(), secrets.newest, secrets.macOf), command.wish, now);
    }
    const { endpoint } = command;
    const info = endpoints.find(endpoint, now);
    if (info === undefined) return err({ code: "not_found" });
    switch (command.kind) {
      case "show":
        return ok(info);
      case "secret":
        return ok({ ...info, secret: endpoints.secretOf(endpoint) ?? "" });
      case "remove":
        endpoints.remove(endpoint);
        return ok(info);
      case "pause":
        return endpoints.pause(endpoint, now);
      case "resume":
        return endpoints.resume(endpoint, now);
      case "change":
        return endpoints.change(endpoint, command.change, now);
      case "rotate":
        return endpoints.rotate(endpoint, command.secret, now);
      default:
        return assertNever(command);
    }
  }
}
