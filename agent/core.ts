// One agent, composed: everything it needs from outside comes in as ports, so that a whole agent runs in one
// process under virtual time. Each part owns one promise; this file only says who tells whom.
import type { AgentFrame, FrameOf, RelayFrame } from "../shared/frames.ts";
import type { Engine, Health } from "../shared/health.ts";
import type { MacPolicy } from "../shared/mac-policy.ts";
import { refusal } from "../shared/jsonrpc.ts";
import { ATTACHMENT_PART_BYTES } from "../shared/limits.ts";
import { assertNever } from "../shared/result.ts";
import { ReadCalls } from "./calls.ts";
import { ChatsNote } from "./chats-note.ts";
import { mistakeInWords } from "./config/config-file.ts";
import { Feed } from "./feed/feed.ts";
import { KnownDatabase } from "./feed/known-database.ts";
import { Guard } from "./guard.ts";
import type { Identity } from "./identity.ts";
import { ImsgEngine } from "./imsg/engine.ts";
import { Journal } from "./journal.ts";
import { Link } from "./link.ts";
import type { LinkFrame } from "./link-parts.ts";
import { policyOf } from "./mac-policy.ts";
import { Mutations } from "./mutations.ts";
import { readAttachmentRoots } from "./narrowing.ts";
import { Outbox } from "./outbox.ts";
import { changedIn, Owner } from "./owner.ts";
import type { OwnerWord, Ports } from "./ports.ts";
import { Reading } from "./transfers/reading.ts";
import { Staging } from "./transfers/staging.ts";
import { Transfers, type TransferCounts } from "./transfers/transfers.ts";
import { Writing } from "./transfers/writing.ts";

export interface AgentStatus {
  readonly link: Link["status"];
  readonly health: Health;
  readonly engine: Engine;
  readonly feed: Feed["status"];
  readonly backlog: number;
  readonly calls: number;
  /** Mutations without a result yet … */
  readonly operations: number;
  /** … of which imsg has these, or is about to … */
  readonly operations_running: number;
  /** … and these wait for their turn. */
  readonly operations_queued: number;
  readonly operations_unacked: number;
  readonly transfers: TransferCounts;
  /** What the owner forbids. */
  readonly policy: MacPolicy;
  /** What is wrong with agent.jsonc since it was read; null = nothing. */
  readonly settings_mistake: string | null;
}

export interface Agent {
  start(): void;
  /** Says goodbye and ends imsg; nothing runs afterwards. */
  stop(): void;
  status(): AgentStatus;
}

export function createAgent(ports: Ports, identity: Identity): Agent {
  const { clock, random, log } = ports;
  const owner = new Owner(ports.owner, log, (now, before) => {
    // What is forbidden is forbidden from here on; what else follows needs nobody's stack but its own.
    clock.after(0, () => ownerChanged(now, before));
  });
  const { times, debounceMs } = owner.word.file.config;
  const capBytes = (): number => owner.rules.capBytes;
  let isStopped = false;
  const journal = new Journal(ports);
  /** Health and capabilities as the relay knows them. */
  let told = "";

  // The parts know one another only through these callbacks, so the order of the declarations is no order of calls:
  // nothing runs before `start`.
  const engine: ImsgEngine = new ImsgEngine(ports, times, {
    onReady: () => {
      link.greet();
      feed.engineReady();
    },
    onDown: () => {
      link.greet();
      feed.engineDown();
    },
    onHealth: () => {
      tellHealth();
      mutations.look();
    },
    onMutationRoom: () => mutations.look(),
    onNotification: (method, params) => feed.onNotification(method, params),
    onTurnEnd: () => {
      feed.turnEnd();
      outbox.flush();
    },
  });
  const known = new KnownDatabase(engine);
  const { randomName, transfers: outside } = ports;
  const staging = new Staging({ clock, log, randomName, ports: outside, capBytes });
  const guard = new Guard({
    clock,
    owner,
    engine,
    files: {
      realPath: ports.realPath,
      fileSize: ports.fileSize,
      staged: (name) => staging.locate(name),
    },
    sentSince: (from, except) => journal.sentSince(from, except),
  });
  const mutations: Mutations = new Mutations({
    clock,
    engine,
    journal,
    guard,
    chats: { guidsOf: (selector) => chats.guidsOf(selector) },
    database: known,
    hangMs: times.mutationMs,
    send: (result) => sendResult({ t: "result", ...result }),
  });
  const calls = new ReadCalls({
    clock,
    engine,
    guard,
    hangMs: times.readMs,
    send: (result) => link.send(result),
  });
  const reading = new Reading({ clock, ports: outside, capBytes, partBytes: ATTACHMENT_PART_BYTES });
  const transfers = new Transfers({
    clock,
    log,
    reading,
    writing: new Writing({ staging, wire: outside.wire, capBytes }),
    isPaused: () => owner.rules.paused,
    send: (frame) => void link.send(frame),
  });
  const outbox: Outbox = new Outbox({
    send: (frame) => {
      if (!link.send(frame)) log("error", "events_too_large", { n: frame.n });
    },
    onAcked: (digest) => feed.acked(digest),
    onRoom: () => feed.room(),
  });
  const chats: ChatsNote = new ChatsNote({
    clock,
    engine,
    hangMs: times.readMs,
    database: () => feed.database,
    send: (note) => void link.send(note),
  });
  const feed: Feed = new Feed({
    clock,
    random,
    engine,
    outbox,
    known,
    log,
    debounceMs,
    times: { ...times, hangMs: times.readMs },
    onChat: (chatId) => chats.saw(chatId),
    // Not before: the list of another database, told under this one's number, would let ids reach other people.
    onKnown: () => {
      chats.refresh();
      mutations.look();
    },
    onProgress: (note) => void link.send({ t: "note", kind: "progress", ...note }),
  });
  const link: Link = new Link(
    { clock, random, log, identity, dial: ports.dial, keys: ports.keys, times },
    {
      hello: () => {
        told = healthNow();
        const policy = policyOf(owner.word);
        const facts = { journal_id: journal.id, engine: engine.engine, health: engine.health, policy };
        return { facts, ready: engine.known };
      },
      onWelcome: (welcome) => {
        // Before the first call can come: what it may do is settled.
        narrow(welcome.settings);
        tellHealth();
        // What was sent before is known, and owed to whoever sent it.
        mutations.resend();
        owner.look();
        // What comes while the owner has paused is read on a later link.
        if (owner.rules.paused) return;
        // Before the feed, whose rows would have nowhere to go.
        outbox.open();
        feed.start(welcome);
      },
      onFrame,
      onDown: () => {
        // Mutations go on: their results are kept for the next link.
        calls.cancelAll();
        transfers.abortAll();
        chats.stop();
        feed.stop();
        outbox.close();
      },
    },
  );

  /** What changes between `hello` and `welcome` is told after it. */
  function tellHealth(): void {
    const now = healthNow();
    if (link.state !== "live" || now === told) return;
    told = now;
    link.send({ t: "health", health: engine.health, engine: engine.engine, policy: policyOf(owner.word) });
  }

  function healthNow(): string {
    return JSON.stringify([engine.health, engine.engine, policyOf(owner.word)]);
  }

  function ownerChanged(now: OwnerWord, before: OwnerWord): void {
    if (isStopped) return;
    const changed = changedIn(now.file, before.file);
    if (changed.includes("cliPath") || changed.includes("dbPath"))
      engine.exchange("the owner names another imsg or database");
    // A link is paused as a whole: what its rows would have been numbered by is void afterwards.
    if (changed.includes("paused")) link.renew(now.file.config.rules.paused ? "paused" : "no longer paused");
    else tellHealth();
    mutations.look();
  }

  function onFrame(frame: LinkFrame): void {
    switch (frame.t) {
      case "ack":
        if (frame.operations !== undefined) journal.ack(frame.operations);
        if (frame.n !== undefined && !outbox.ack(frame.n)) link.violation("an ack for what was never sent");
        return;
      case "call":
        onCall(frame);
        return;
      case "cancel":
        calls.cancel(frame.call);
        return;
      case "settings":
        narrow(frame.settings);
        return;
      case "read":
      case "write":
        owner.look();
        transfers.give(frame);
        return;
      case "abort":
        transfers.abort(frame.transfer);
        return;
      default:
        assertNever(frame);
    }
  }

  function narrow(settings: unknown): void {
    guard.narrow(settings);
    reading.narrow(readAttachmentRoots(settings));
  }

  function onCall(frame: FrameOf<RelayFrame, "call">): void {
    const { call, operation, method, params, deadline } = frame;
    if (operation === undefined) calls.give(frame, link.epoch);
    else mutations.give({ call, operation, method, params, deadline, epoch: link.epoch });
  }

  /** One that is lost with its link stands in the journal and goes out after the next `welcome` (LINK16). */
  function sendResult(result: FrameOf<AgentFrame, "result">): void {
    if (!link.send(result)) link.send({ ...result, answer: refusal("too_large") });
  }

  return {
    start: () => {
      // Side by side: a Mac whose imsg does not start is still there to say so.
      engine.start();
      link.start();
      staging.start();
      owner.start();
    },
    stop: () => {
      isStopped = true;
      owner.stop();
      // The link first, so that the end of imsg is not reported as trouble.
      link.stop();
      // What has not begun is not begun by imsg processes that end one after the other.
      mutations.stop();
      engine.stop();
      staging.stop();
    },
    status: () => ({
      link: link.status,
      health: engine.health,
      engine: engine.engine,
      feed: feed.status,
      backlog: outbox.backlog,
      calls: calls.open,
      operations: mutations.open,
      operations_running: mutations.running,
      operations_queued: mutations.queued,
      operations_unacked: journal.unacked().length,
      transfers: transfers.counts,
      policy: policyOf(owner.word),
      settings_mistake: mistakeOf(owner.word),
    }),
  };
}

const mistakeOf = ({ mistake }: OwnerWord): string | null =>
  mistake === null ? null : mistakeInWords("agent.jsonc", mistake);
