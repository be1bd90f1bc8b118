// One imsg process and its keeper: start, probe, restart with backoff, the queue of calls, and the two ways to
// notice a hang. What becomes of a call is always said, once: answered, lost in imsg, or never given to it.
import type { Outcome } from "../../shared/calls.ts";
import type { Clock } from "../../shared/clock.ts";
import { refusal } from "../../shared/jsonrpc.ts";
import { Peer } from "../../shared/peer.ts";
import { LIVENESS_ANSWER_MS, PROBE_MS, READ_ATTEMPTS, STABLE_MS } from "../limits.ts";
import type { ChildExit, LineProcess, Log, SpawnImsg } from "../ports.ts";
import { CallQueue, type LaneCall, type Waiting } from "./call-queue.ts";
import { troubleOfExit, type Trouble } from "./diagnose.ts";
import { probe, type Probed } from "./probe.ts";
import type { LaneTimes } from "./engine-times.ts";

export interface LaneHooks {
  onReady(probed: Probed): void;
  /** It has just become unusable; a restart is under way. */
  onTrouble(trouble: Trouble): void;
  onNotification(method: string, params: unknown): void;
  /** Everything of one piece of output was handed over. */
  onTurnEnd(): void;
}

interface Child {
  readonly process: LineProcess;
  readonly peer: Peer;
  spoke: boolean;
}

export class Lane {
  readonly #name: string;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #spawn: SpawnImsg;
  readonly #log: Log;
  readonly #times: LaneTimes;
  readonly #hooks: LaneHooks;
  #child: Child | undefined;
  #ready = false;
  #stopped = true;
  #failures = 0;
  #readySince = 0;
  #cancelRestart: (() => void) | undefined;
  #cancelLiveness: (() => void) | undefined;
  #suspecting = false;
  #lostWhy: "ended" | "hung" = "ended";
  #restartWhenIdle: string | undefined;
  /** This process is given nothing more: its end is decided. */
  #leaving = false;
  readonly #queue: CallQueue;
  #inFlight = 0;
  /** Calls of the queue that imsg is given at once. */
  width = 1;

  constructor(
    name: string,
    ports: { clock: Clock; random: () => number; spawnImsg: SpawnImsg; log: Log },
    times: LaneTimes,
    hooks: LaneHooks,
  ) {
    this.#name = name;
    this.#clock = ports.clock;
    this.#random = ports.random;
    this.#spawn = ports.spawnImsg;
    this.#log = ports.log;
    this.#times = times;
    this.#hooks = hooks;
    this.#queue = new CallQueue(ports.clock);
  }

  get ready(): boolean {
    return this.#ready && !this.#leaving;
  }

  /** Ends in a row, or restarts that did not help. */
  get failures(): number {
    return this.#failures;
  }

  start(): void {
    this.#stopped = false;
    if (this.#child === undefined && this.#cancelRestart === undefined) this.#begin();
  }

  /** For good: what waits is told. */
  stop(): void {
    this.#stopped = true;
    this.#cancelRestart?.();
    this.#cancelRestart = undefined;
    this.#letGo("ended");
    this.failQueued();
  }

  /** A fresh process, not because this one failed. */
  restart(why: string): void {
    if (this.#stopped) return;
    this.#log("info", "imsg_restart", { lane: this.#name, why });
    this.#letGo("ended");
    this.#cancelRestart?.();
    this.#schedule(0);
  }

  /** As `restart`, once nothing is in flight: for a process whose call must not be lost. */
  restartWhenIdle(why: string): void {
    if (this.#inFlight === 0) {
      this.restart(why);
      return;
    }
    this.#restartWhenIdle = why;
    this.#leaving = true;
  }

  /** This one is of no use: a fresh process after the backoff. */
  fail(trouble: Trouble): void {
    if (this.#stopped) return;
    // One that worked for a while and then fell is no crash loop; one that falls as soon as it is ready is.
    if (this.#ready && this.#clock.now() - this.#readySince >= STABLE_MS) this.#failures = 0;
    this.#failures += 1;
    this.#letGo(trouble.kind === "hung" ? "hung" : "ended");
    const { restartMs, restartMaxMs } = this.#times;
    const delay =
      Math.min(restartMaxMs, restartMs * 2 ** Math.min(this.#failures - 1, 16)) * (0.5 + this.#random() / 2);
    this.#log("warn", "imsg_trouble", {
      lane: this.#name,
      kind: trouble.kind,
      reason: trouble.reason,
      why: trouble.why,
      again_in_ms: Math.round(delay),
    });
    this.#cancelRestart?.();
    this.#schedule(delay);
    this.#hooks.onTrouble(trouble);
  }

  /** Returns a cancel: nothing is told afterwards. */
  call(call: LaneCall): () => void {
    const waiting: Waiting = {
      call,
      until: this.#clock.now() + call.patienceMs,
      attempts: 0,
      cancelled: false,
    };
    if (call.kind === "own" && this.#ready) this.#give(waiting);
    else if (call.kind === "own") call.settle({ kind: "unsent", why: "unavailable" });
    else if (this.#queue.isFull) call.settle({ kind: "unsent", why: "busy" });
    else {
      this.#queue.push(waiting);
      this.#pump();
    }
    return () => {
      waiting.cancelled = true;
      this.#queue.remove(waiting);
    };
  }

  /** imsg is down for a known reason: whoever waits is told now and not at the end of his patience. */
  failQueued(): void {
    this.#queue.failAll();
  }

  #schedule(delayMs: number): void {
    this.#cancelRestart = this.#clock.after(delayMs, () => {
      this.#cancelRestart = undefined;
      this.#begin();
    });
  }

  #begin(): void {
    const process = this.#spawn({
      onLines: (lines) => {
        if (this.#child !== child) return;
        child.spoke = true;
        for (const line of lines) if (this.#child === child) child.peer.receive(line);
        if (this.#child === child) this.#hooks.onTurnEnd();
      },
      onOversize: (head, tail) => {
        if (this.#child === child) this.#oversize(child, head, tail);
      },
      onExit: (exit) => {
        if (this.#child === child) this.#exited(child, exit);
      },
    });
    const peer = new Peer(this.#clock, (text) => process.write(text), {
      onNotification: (method, params) => this.#hooks.onNotification(method, params),
      onStray: (why) => this.#log("debug", "imsg_stray", { lane: this.#name, why }),
    });
    // Every handler compares: an old child may still speak, end or answer after it was let go.
    const child: Child = { process, peer, spoke: false };
    this.#child = child;
    probe(
      (method, params, next) => void peer.ask(method, params, PROBE_MS, next),
      (result) => {
        if (this.#child !== child) return;
        if (!result.ok) {
          this.fail(result.error);
          return;
        }
        this.#ready = true;
        this.#readySince = this.#clock.now();
        this.#log("info", "imsg_ready", {
          lane: this.#name,
          version: result.value.engine.version,
          old: result.value.sequential,
        });
        this.#armLiveness();
        this.#hooks.onReady(result.value);
        this.#pump();
      },
    );
  }

  #exited(child: Child, exit: ChildExit): void {
    if (exit.stderr !== "")
      this.#log("debug", "imsg_stderr", { lane: this.#name, bytes: exit.stderr.length });
    this.fail(troubleOfExit(exit, child.spoke));
  }

  /** From here on nothing of that process is heard. Reads wait for the next one, mutations for no one process. */
  #letGo(why: "ended" | "hung"): void {
    const child = this.#child;
    this.#child = undefined;
    this.#ready = false;
    this.#suspecting = false;
    this.#restartWhenIdle = undefined;
    this.#leaving = false;
    this.#cancelLiveness?.();
    this.#lostWhy = why;
    child?.peer.close();
    child?.process.kill();
    this.#queue.moveMutations();
  }

  #pump(): void {
    while (this.ready && this.#inFlight < this.width) {
      // One that may be dead gets nothing that is lost with it.
      if (this.#suspecting && this.#queue.next === "mutation") break;
      const waiting = this.#queue.shift();
      if (waiting === undefined) break;
      if (waiting.call.mayGo?.() === false) waiting.call.settle({ kind: "unsent", why: "vetoed" });
      else this.#give(waiting);
    }
  }

  #give(waiting: Waiting): void {
    const { call } = waiting;
    const child = this.#child;
    if (child === undefined) return;
    const counted = call.kind !== "own";
    if (counted) this.#inFlight += 1;
    waiting.attempts += 1;
    child.peer.ask(call.method, call.params, call.hangMs, (outcome) => {
      if (counted) this.#inFlight -= 1;
      this.#armLiveness();
      // Before its caller is told, who has the next one ready.
      if (outcome.kind === "deadline" && call.kind === "mutation") this.#leaving = true;
      this.#settle(waiting, outcome);
      // After its caller was told: a restart settles everybody else's calls.
      if (outcome.kind === "deadline") this.#suspect(call);
      if (this.#restartWhenIdle !== undefined && this.#inFlight === 0) this.restart(this.#restartWhenIdle);
      this.#pump();
    });
  }

  #settle(waiting: Waiting, outcome: Outcome): void {
    const { call } = waiting;
    if (waiting.cancelled) return;
    if (outcome.kind === "answer") {
      call.settle(outcome);
      return;
    }
    const again =
      call.kind === "read" && outcome.kind === "closed" && waiting.attempts < READ_ATTEMPTS && !this.#stopped;
    if (again && waiting.until > this.#clock.now()) {
      this.#queue.putBack(waiting);
      return;
    }
    call.settle({ kind: "lost", why: outcome.kind === "deadline" ? "hung" : this.#lostWhy });
  }

  /** A call that is merely slow must not take the process from everybody else: it is asked whether it lives. */
  #suspect(call: LaneCall): void {
    if (this.#child === undefined) return;
    if (call.kind === "mutation")
      this.fail({ kind: "hung", reason: "imsg_hung", why: `${call.method} has no answer` });
    else this.#askAlive();
  }

  #askAlive(): void {
    const child = this.#child;
    if (child === undefined || this.#suspecting) return;
    this.#suspecting = true;
    child.peer.ask("chats.list", { limit: 1 }, LIVENESS_ANSWER_MS, (outcome) => {
      if (this.#child !== child) return;
      this.#suspecting = false;
      if (outcome.kind === "deadline") this.fail({ kind: "hung", reason: "imsg_hung", why: "no answer" });
      else this.#armLiveness();
      this.#pump();
    });
  }

  /** Silence is asked about; whatever is pending has a deadline of its own. */
  #armLiveness(): void {
    this.#cancelLiveness?.();
    this.#cancelLiveness = this.#ready
      ? this.#clock.after(this.#times.livenessMs, () => {
          if (this.#ready && this.#child?.peer.pending === 0) this.#askAlive();
          else this.#armLiveness();
        })
      : undefined;
  }

  /** Keys come in any order, so the id stands at either end of a line too long to be read. */
  #oversize(child: Child, head: string, tail: string): void {
    const id = ID_IN_FRONT.exec(head)?.[1] ?? ID_AT_END.exec(tail)?.[1];
    this.#log("warn", "imsg_line_too_long", { lane: this.#name, answered: id !== undefined });
    if (id !== undefined) child.peer.answer(id, refusal("too_large"));
  }
}

const ID_IN_FRONT = /^\s*\{\s*(?:"jsonrpc"\s*:\s*"2\.0"\s*,\s*)?"id"\s*:\s*(\d{1,15})\s*,/;
const ID_AT_END = /,\s*"id"\s*:\s*(\d{1,15})\s*(?:,\s*"jsonrpc"\s*:\s*"2\.0"\s*)?\}\s*$/;
