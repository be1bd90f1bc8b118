// A short conversation with an imsg of the doctor's own: the agent's first questions, and its end.
import * as z from "zod";
import type { Outcome } from "../../../shared/calls.ts";
import { Peer } from "../../../shared/peer.ts";
import { troubleOfExit, type Trouble } from "../../imsg/diagnose.ts";
import { probe } from "../../imsg/probe.ts";
import { KILL_AFTER_MS, PROBE_MS } from "../../limits.ts";
import { imsgSpawner } from "../../node/child.ts";
import { systemClock } from "../../node/machine.ts";
import type { TalkFacts } from "../facts.ts";

/** What `status` says beyond what the agent needs. */
const statusSchema = z.looseObject({
  contacts: z.looseObject({ available: z.boolean() }).optional().catch(undefined),
  database: z.looseObject({ error: z.string().optional() }).optional().catch(undefined),
});

/** An imsg that stays after it was told to end is let go then. */
const GONE_MS = KILL_AFTER_MS + 500;

export function talkTo(
  cliPath: string,
  database: string | undefined,
  signal: AbortSignal,
  ms = PROBE_MS,
): Promise<TalkFacts> {
  return new Promise((resolve) => {
    let spoke = false;
    let status: z.infer<typeof statusSchema> | undefined;
    let facts: TalkFacts | undefined;
    let gone = false;
    let waiting: ReturnType<typeof setTimeout> | undefined;
    const leave = (): void => {
      clearTimeout(waiting);
      signal.removeEventListener("abort", abort);
      if (facts !== undefined) resolve(facts);
    };
    const finish = (found: TalkFacts): void => {
      if (facts !== undefined) return;
      facts = found;
      peer.close();
      child.kill();
      if (gone) leave();
      else waiting = setTimeout(leave, GONE_MS);
    };
    const trouble = (why: Trouble, name: string | null): void => {
      const isLocked =
        why.kind === "unhealthy" &&
        (why.reason === null || /\(code: [56]\)/.test(status?.database?.error ?? ""));
      finish({ kind: "trouble", trouble: why, signal: name, isLocked });
    };
    const abort = (): void => trouble({ kind: "ended", reason: null, why: "interrupted" }, null);
    const child = imsgSpawner(() => ({ cliPath, dbPath: database }))({
      onLines: (lines) => {
        spoke = true;
        for (const line of lines) peer.receive(line);
      },
      onOversize: () => undefined,
      onExit: (exit) => {
        gone = true;
        if (facts === undefined) trouble(troubleOfExit(exit, spoke), exit.signal);
        else leave();
      },
    });
    const peer = new Peer(systemClock, (text) => child.write(text), {
      onNotification: () => undefined,
      onStray: () => undefined,
    });
    if (signal.aborted) abort();
    else signal.addEventListener("abort", abort);
    const ask = (method: string, params: unknown, next: (outcome: Outcome) => void): void =>
      void peer.ask(method, params, ms, (outcome) => {
        if (method === "status" && outcome.kind === "answer" && "result" in outcome.answer)
          status = statusSchema.safeParse(outcome.answer.result).data;
        next(outcome);
      });
    probe(ask, (result) => {
      if (!result.ok) trouble(result.error, null);
      else {
        const { engine, sequential: isOld } = result.value;
        finish({ kind: "ready", engine, isOld, contacts: status?.contacts?.available ?? null });
      }
    });
  });
}
