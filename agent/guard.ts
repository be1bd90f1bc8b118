// Brings a call before the owner's veto: finds out what it would touch, asks the pure decision, says no in words.
import * as z from "zod";
import type { Clock } from "../shared/clock.ts";
import { READ_DEADLINE_MS, MAX_NOTED_CHATS } from "../shared/limits.ts";
import { chatKey, chatSchema, chatsSchema, type Chat } from "../shared/imsg.ts";
import { MAC_RULES, type MacRule } from "../shared/mac-policy.ts";
import { NOT_STARTED, refusal, rpcError, RPC, type Answer } from "../shared/jsonrpc.ts";
import { methodOf } from "../shared/methods.ts";
import type { Result } from "../shared/result.ts";
import { findRecipients, type ChatSelector } from "../shared/recipients.ts";
import { findFiles, stagedName, withPaths, type FileParam } from "./call-params.ts";
import type { ImsgEngine } from "./imsg/engine.ts";
import { readNarrowing } from "./narrowing.ts";
import type { Owner } from "./owner.ts";
import {
  decide,
  hasRecipientRules,
  type CallFacts,
  type ChatTarget,
  type Rules,
  type VetoReason,
} from "./veto.ts";

export interface Allowed {
  readonly allowed: true;
  readonly params: unknown;
  /** Asked right before imsg is given it: whether the rules are still those that allowed it. */
  readonly isStillAllowed: () => boolean;
}
type Judgement = Allowed | { readonly allowed: false; readonly answer: Answer };

/** The agent's own, or shared with everybody: never a caller's. */
const NEVER_FORWARDED = new Set(["initialize", "watch.subscribe", "watch.unsubscribe"]);

type StagedPath = Result<string, "not_found" | "not_ready">;

interface FoundFile extends FileParam {
  readonly real: string | undefined;
  readonly staged: StagedPath | undefined;
}

/** A call that wants to be made. */
interface Wish {
  readonly method: string;
  readonly params: unknown;
  /** Of a mutation. */
  readonly operation?: string;
}

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

interface GuardParts {
  readonly clock: Clock;
  readonly owner: Pick<Owner, "rules" | "version" | "look">;
  readonly engine: Pick<ImsgEngine, "read" | "health">;
  readonly files: Files;
  /** When other mutations were begun since then, oldest first. */
  readonly sentSince: (from: number, except: string) => readonly number[];
}

interface Files {
  readonly realPath: (path: string) => string | undefined;
  /** The real path of a staged file that is whole. */
  readonly staged: (name: string) => StagedPath;
  /** In bytes. */
  readonly fileSize: (path: string) => number;
}

export class Guard {
  readonly #parts: GuardParts;
  /** Of the relay's. */
  #narrowing: Rules | undefined;
  #narrowed = 0;

  constructor(parts: GuardParts) {
    this.#parts = parts;
  }

  /** What the relay wants forbidden besides; replaces what it said before. */
  narrow(settings: unknown): void {
    this.#narrowing = readNarrowing(settings);
    this.#narrowed += 1;
  }

  /** The refusal of everything; undefined = something may pass. */
  shut(): Answer | undefined {
    this.#parts.owner.look();
    return this.#parts.owner.rules.paused ? forbidden("paused", "paused") : undefined;
  }

  /** `done` runs once, perhaps in this turn. */
  judge(wish: Wish, done: (judgement: Judgement) => void): void {
    const { method, params } = wish;
    const entry = methodOf(method);
    if (entry === undefined || entry.class === "refused" || NEVER_FORWARDED.has(method)) {
      done({ allowed: false, answer: rpcError(RPC.method_not_found, "Method not found", method) });
      return;
    }
    const version = this.#version();
    const rules = this.#rules();
    // Reads are asked for files as well: no method may make imsg open what the owner has not named.
    const files = findFiles(params).map((param) => this.#find(param, entry.class === "mutation"));
    const { handles, chats } = entry.effect ? findRecipients(params) : { handles: [], chats: [] };
    const conclude = (targets: readonly (ChatTarget | "unknown")[]): void => {
      const facts = {
        method,
        effect: entry.effect,
        mutation: entry.class === "mutation",
        // What was staged came over the link to be sent: no folder of the owner's is opened by it.
        files: files.filter(({ staged }) => staged === undefined).map(({ real }) => real),
        largestFile: Math.max(0, ...files.map(({ real }) => this.#sizeOf(real))),
        handles,
        chats: targets,
        sent: this.#sent(rules, wish),
      };
      const verdict = decide(rules, facts);
      if (!verdict.allowed) {
        done({ allowed: false, answer: this.#refuse(verdict, wish) });
        return;
      }
      const lost = files.find(({ staged }) => staged?.ok === false)?.staged;
      if (lost?.ok === false) {
        done({ allowed: false, answer: refusal(lost.error, { detail: LOST[lost.error], ...NOT_STARTED }) });
        return;
      }
      const real = files.map(({ at, path, real }) => ({ at, path: real ?? path }));
      done({
        allowed: true,
        params: real.length > 0 ? withPaths(params, real) : params,
        isStillAllowed: () => this.#version() === version,
      });
    };
    if (chats.length === 0 || !hasRecipientRules(rules)) conclude(chats.map(() => "unknown"));
    else this.#resolve(chats, conclude, done);
  }

  /** Another one for other rules. */
  #version(): string {
    this.#parts.owner.look();
    return `${this.#parts.owner.version} ${this.#narrowed}`;
  }

  #rules(): readonly Rules[] {
    const { owner, files } = this.#parts;
    // Roots are compared as real paths, so that a link in front of a root does not shut it.
    const sendRoots = owner.rules.sendRoots
      .map((root) => files.realPath(root))
      .filter((root) => root !== undefined);
    const mine = { ...owner.rules, sendRoots };
    return this.#narrowing === undefined ? [mine] : [mine, this.#narrowing];
  }

  #sizeOf(real: string | undefined): number {
    return real === undefined ? 0 : this.#parts.files.fileSize(real);
  }

  /** Counted only where it matters: the journal of a day is long. */
  #sent(rules: readonly Rules[], { operation = "" }: Wish): CallFacts["sent"] {
    const isCounted = rules.some(({ sends }) => sends.perHour !== undefined || sends.perDay !== undefined);
    if (!isCounted) return { lastHour: 0, lastDay: 0 };
    const now = this.#parts.clock.now();
    const day = this.#parts.sentSince(now - DAY, operation);
    return { lastHour: day.filter((at) => at > now - HOUR).length, lastDay: day.length };
  }

  #refuse(
    { rule, reason, set }: { rule: MacRule; reason: VetoReason; set: number },
    { operation = "" }: Wish,
  ): Answer {
    if (set > 0) return forbidden(`relay.${rule}`, reason, { detail: NARROWED });
    const window = rule === "sends.per_hour" ? HOUR : DAY;
    if (reason !== "too_many_sends") return forbidden(rule, reason);
    const { clock, owner, sentSince } = this.#parts;
    const { perHour, perDay } = owner.rules.sends;
    const allowed = (rule === "sends.per_hour" ? perHour : perDay) ?? 0;
    const now = clock.now();
    // One more may go when as many are left as are allowed less one.
    const frees = sentSince(now - window, operation).at(-allowed);
    const wait =
      allowed === 0 || frees === undefined
        ? {}
        : { retry_after_s: Math.ceil((frees + window - now) / 1_000) };
    return forbidden(rule, reason, wait);
  }

  /** `staged`: what came of it where it names a staged file; undefined = it names one of the Mac's own. */
  #find(param: FileParam, mayBeStaged: boolean): FoundFile {
    const { at, path } = param;
    const name = mayBeStaged ? stagedName(param) : undefined;
    const { files } = this.#parts;
    if (name === undefined) return { at, path, real: files.realPath(path), staged: undefined };
    const staged = files.staged(name);
    return { at, path, real: staged.ok ? staged.value : undefined, staged };
  }

  /** Whom a chat reaches is asked anew each time: members come and go. */
  #resolve(
    selectors: readonly ChatSelector[],
    conclude: (targets: readonly (ChatTarget | "unknown")[]) => void,
    done: (judgement: Judgement) => void,
  ): void {
    const { engine } = this.#parts;
    engine.read({
      method: "chats.list",
      params: { limit: MAX_NOTED_CHATS },
      hangMs: READ_DEADLINE_MS,
      patienceMs: READ_DEADLINE_MS,
      settle: (outcome) => {
        const listed =
          outcome.kind === "answer" && "result" in outcome.answer
            ? chatsSchema.safeParse(outcome.answer.result)
            : undefined;
        if (listed?.success !== true) {
          done({
            allowed: false,
            answer: unavailable(engine.health.reason, engine.health.remedy),
          });
          return;
        }
        const chats = z.array(chatSchema.or(z.null().catch(null))).parse(listed.data.chats);
        conclude(selectors.flatMap((selector) => find(chats, selector)));
      },
    });
  }
}

/** RPC7. */
const forbidden = (rule: string, reason: VetoReason, more: Record<string, unknown> = {}): Answer =>
  refusal("forbidden_by_mac", {
    reason,
    rule,
    ...(isMacRule(rule) ? { detail: MAC_RULES[rule] } : {}),
    ...more,
    ...NOT_STARTED,
  });
const isMacRule = (rule: string): rule is MacRule => Object.hasOwn(MAC_RULES, rule);
const NARROWED = "The relay's own settings for this Mac do not allow it.";

const LOST = {
  not_found: "the staged file is not on the Mac, or not any more; upload it again",
  not_ready: "not all of the staged file has come yet",
} as const;

/** Messages cannot be reached; nothing was handed over. */
export const unavailable = (reason: string | null, remedy: string | null): Answer =>
  refusal("messages_unavailable", { reason, remedy, ...NOT_STARTED });

/** All that imsg may mean by it: more than one chat can have the same identifier. */
function find(chats: readonly (Chat | null)[], selector: ChatSelector): (ChatTarget | "unknown")[] {
  const key = selector.by === "id" ? "" : chatKey(selector.text);
  const found = chats.filter((chat) => {
    if (chat === null) return false;
    if (selector.by === "id") return chat.id === selector.id;
    const isIdentifier = selector.by === "identifier" && chat.identifier === selector.text;
    return isIdentifier || chatKey(chat.guid) === key;
  });
  const targets = found.flatMap((chat) => (chat === null ? [] : [chat]));
  return targets.length === 0 ? ["unknown"] : targets;
}
