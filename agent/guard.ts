// Brings a call before the owner's veto: finds out what it would touch, asks the pure decision, says no in words.
import * as z from "zod";
import { READ_DEADLINE_MS, MAX_NOTED_CHATS } from "../shared/limits.ts";
import { chatKey, chatSchema, chatsSchema, type Chat } from "../shared/imsg.ts";
import { NOT_STARTED, refusal, rpcError, RPC, type Answer } from "../shared/jsonrpc.ts";
import { methodOf } from "../shared/methods.ts";
import type { Result } from "../shared/result.ts";
import { findRecipients, type ChatSelector } from "../shared/recipients.ts";
import { findFiles, stagedName, withPaths, type FileParam } from "./call-params.ts";
import type { ImsgEngine } from "./imsg/engine.ts";
import { readNarrowing } from "./narrowing.ts";
import { decide, hasRecipientRules, type ChatTarget, type Rules } from "./veto.ts";

type Judgement =
  | { readonly allowed: true; readonly params: unknown }
  | { readonly allowed: false; readonly answer: Answer };

/** The agent's own, or shared with everybody: never a caller's. */
const NEVER_FORWARDED = new Set(["initialize", "watch.subscribe", "watch.unsubscribe"]);

type StagedPath = Result<string, "not_found" | "not_ready">;

interface FoundFile extends FileParam {
  readonly real: string | undefined;
  readonly staged: StagedPath | undefined;
}

interface Files {
  readonly realPath: (path: string) => string | undefined;
  /** The real path of a staged file that is whole. */
  readonly staged: (name: string) => StagedPath;
}

export class Guard {
  readonly #owner: Rules;
  readonly #engine: Pick<ImsgEngine, "read" | "health">;
  readonly #files: Files;
  #rules: readonly Rules[];

  constructor(owner: Rules, engine: Pick<ImsgEngine, "read" | "health">, files: Files) {
    // Roots are compared as real paths, so that a link in front of a root does not shut it.
    const roots = owner.sendRoots?.map((root) => files.realPath(root)).filter((root) => root !== undefined);
    this.#owner = { ...owner, sendRoots: roots ?? [] };
    this.#engine = engine;
    this.#files = files;
    this.#rules = [this.#owner];
  }

  /** What the relay wants forbidden besides; replaces what it said before. */
  narrow(settings: unknown): void {
    const narrowing = readNarrowing(settings);
    this.#rules = narrowing === undefined ? [this.#owner] : [this.#owner, narrowing];
  }

  /** `done` runs once, perhaps in this turn. */
  judge(method: string, params: unknown, done: (judgement: Judgement) => void): void {
    const entry = methodOf(method);
    if (entry === undefined || entry.class === "refused" || NEVER_FORWARDED.has(method)) {
      done({ allowed: false, answer: rpcError(RPC.method_not_found, "Method not found", method) });
      return;
    }
    // Reads are asked for files as well: no method may make imsg open what the owner has not named.
    const files = findFiles(params).map((param) => this.#find(param, entry.class === "mutation"));
    const { handles, chats } = entry.effect ? findRecipients(params) : { handles: [], chats: [] };
    const conclude = (targets: readonly (ChatTarget | "unknown")[]): void => {
      const facts = {
        method,
        effect: entry.effect,
        // What was staged came over the link to be sent: no folder of the owner's is opened by it.
        files: files.filter(({ staged }) => staged === undefined).map(({ real }) => real),
        handles,
        chats: targets,
      };
      const verdict = decide(this.#rules, facts);
      if (!verdict.allowed) {
        const answer = refusal("forbidden_by_mac", { reason: verdict.reason, ...NOT_STARTED });
        done({ allowed: false, answer });
        return;
      }
      const lost = files.find(({ staged }) => staged?.ok === false)?.staged;
      if (lost?.ok === false) {
        done({ allowed: false, answer: refusal(lost.error, { detail: LOST[lost.error], ...NOT_STARTED }) });
        return;
      }
      const real = files.map(({ at, path, real }) => ({ at, path: real ?? path }));
      done({ allowed: true, params: real.length > 0 ? withPaths(params, real) : params });
    };
    if (chats.length === 0 || !hasRecipientRules(this.#rules)) conclude(chats.map(() => "unknown"));
    else this.#resolve(chats, conclude, done);
  }

  /** `staged`: what came of it where it names a staged file; undefined = it names one of the Mac's own. */
  #find(param: FileParam, mayBeStaged: boolean): FoundFile {
    const { at, path } = param;
    const name = mayBeStaged ? stagedName(param) : undefined;
    if (name === undefined) return { at, path, real: this.#files.realPath(path), staged: undefined };
    const staged = this.#files.staged(name);
    return { at, path, real: staged.ok ? staged.value : undefined, staged };
  }

  /** Whom a chat reaches is asked anew each time: members come and go. */
  #resolve(
    selectors: readonly ChatSelector[],
    conclude: (targets: readonly (ChatTarget | "unknown")[]) => void,
    done: (judgement: Judgement) => void,
  ): void {
    this.#engine.read({
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
            answer: unavailable(this.#engine.health.reason, this.#engine.health.remedy),
          });
          return;
        }
        const chats = z.array(chatSchema.or(z.null().catch(null))).parse(listed.data.chats);
        conclude(selectors.map((selector) => find(chats, selector)));
      },
    });
  }
}

const LOST = {
  not_found: "the staged file is not on the Mac, or not any more; upload it again",
  not_ready: "not all of the staged file has come yet",
} as const;

/** Messages cannot be reached; nothing was handed over. */
export const unavailable = (reason: string | null, remedy: string | null): Answer =>
  refusal("messages_unavailable", { reason, remedy, ...NOT_STARTED });

function find(chats: readonly (Chat | null)[], selector: ChatSelector): ChatTarget | "unknown" {
  const chat = chats.find((chat) => {
    if (chat === null) return false;
    if (selector.by === "id") return chat.id === selector.id;
    const key = chatKey(selector.text);
    return selector.by === "guid"
      ? chatKey(chat.guid) === key
      : chat.identifier === selector.text || chatKey(chat.guid) === key;
  });
  return chat === undefined || chat === null
    ? "unknown"
    : { guid: chat.guid, participants: chat.participants };
}
