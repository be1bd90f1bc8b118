// Breaks things where the table says, at the moment at which some send is at that point, and counts what it broke.
import type { Note } from "../diary.ts";
import type { Child } from "../virtual-imsg.ts";
import type { VirtualMac } from "../virtual-mac.ts";
import type { VirtualRelay } from "../virtual-relay.ts";
import type { VirtualTime } from "../virtual-time.ts";
import type { Ask, Senders } from "./senders.ts";
import { nameOf, type Cell, type Fault, type Point } from "./table.ts";
import type { Trace, Traced } from "./trace.ts";

interface TroubleParts {
  readonly relay: VirtualRelay;
  readonly time: VirtualTime;
  readonly random: () => number;
  readonly mac: VirtualMac;
  readonly trace: Trace;
  readonly senders: () => Senders;
  readonly replaceDatabase: () => void;
  readonly ownerTypes: (chat: string, text: string) => void;
  readonly note: Note;
}

interface Armed {
  readonly cell: Cell;
  /** Sends that may still pass the point unharmed. */
  left: number;
}

/** Who is at the point. */
interface Subject {
  readonly ask: Ask;
  readonly operation: string | undefined;
  readonly text: string;
  readonly child: Child | undefined;
}

/** Of those that pass a point, one of so many is struck. */
const PASSING = 3;
const BACK_MS = 8_000;
/** A request needs less than this to get from its caller to the Mac. */
const TWIN_MS = 45;
const KILLS_AGENT: ReadonlySet<Fault> = new Set([
  "agent dies",
  "journal lost",
  "journal torn",
  "twin sent, journal lost",
]);

export class Trouble {
  readonly struck: string[] = [];
  readonly #parts: TroubleParts;
  #armed: Armed[];
  #isAgentUp = true;
  #isRelayUp = true;

  constructor(parts: TroubleParts, cells: readonly Cell[]) {
    this.#parts = parts;
    this.#armed = cells.map((cell) => ({ cell, left: Math.floor(parts.random() * PASSING) }));
  }

  get isOver(): boolean {
    return this.#armed.length === 0;
  }

  /** From now on nothing breaks any more. */
  end(): void {
    this.#armed = [];
  }

  begin(): void {
    this.#parts.trace.onPoint = (point, traced, child) => this.#traced(point, traced, child);
  }

  asked(ask: Ask): void {
    this.#at("asked", { ask, operation: undefined, text: ask.texts[0] ?? "", child: undefined });
  }

  queued(ask: Ask, operation: string): void {
    this.#at("queued", { ask, operation, text: ask.texts[0] ?? "", child: undefined });
  }

  #traced(point: Point, { operation, text }: Traced, child: Child | undefined): void {
    if (!this.#armed.some(({ cell }) => cell.point === point)) return;
    const ask = this.#parts.senders().askOf(operation);
    if (ask !== undefined) this.#at(point, { ask, operation, text, child });
  }

  #at(point: Point, subject: Subject): void {
    const { time, note } = this.#parts;
    for (const armed of this.#armed.filter(({ cell }) => cell.point === point)) {
      armed.left -= 1;
      if (armed.left >= 0 || !this.#mayStrike(armed.cell.fault)) continue;
      this.#armed = this.#armed.filter((other) => other !== armed);
      this.struck.push(nameOf(armed.cell));
      note(`${nameOf(armed.cell)}: ${subject.ask.key} "${subject.text}"`);
      // What imsg is about to read is struck before it does; everything else after the turn of whoever is at it.
      if (point === "given") this.#strike(armed.cell.fault, subject);
      else time.after(0, () => this.#strike(armed.cell.fault, subject));
    }
  }

  #mayStrike(fault: Fault): boolean {
    if (fault === "relay dies" || fault === "relay is replaced") return this.#isRelayUp;
    if (KILLS_AGENT.has(fault)) return this.#isAgentUp;
    return fault !== "database replaced" || this.#parts.mac.databases.length === 1;
  }

  #strike(fault: Fault, { ask, operation, text, child }: Subject): void {
    const { mac, time, random, senders, replaceDatabase, ownerTypes } = this.#parts;
    switch (fault) {
      case "relay dies":
        return this.killRelay(random() * BACK_MS);
      case "relay is replaced":
        return this.killRelay(0);
      case "agent dies":
        return this.killAgent();
      case "journal lost":
        return this.killAgent(() => mac.journal.lose());
      case "journal torn":
        return this.killAgent(() => mac.journal.tear());
      case "imsg dies":
        return mac.imsg.kill();
      case "imsg hangs":
        return mac.imsg.hang();
      case "imsg dies, Messages goes on":
        return child === undefined ? undefined : mac.imsg.detach(child);
      case "link cut":
        return this.breakLink("cut");
      case "link swallows":
        return this.breakLink("swallow");
      case "database replaced":
        return replaceDatabase();
      case "twin sent":
        return senders().twin(ask, text);
      case "twin sent, journal lost":
        senders().twin(ask, text, "tunnel");
        // By then it is at the Mac, too.
        return void time.after(TWIN_MS, () => this.killAgent(() => mac.journal.lose()));
      case "owner types the same":
        return ownerTypes(ask.chat, text);
      case "owner types the same, imsg dies":
        ownerTypes(ask.chat, text);
        return mac.imsg.kill();
      case "taken back":
        return operation === undefined ? undefined : senders().takeBack(ask, operation);
    }
  }

  killAgent(damage: () => void = () => undefined): void {
    const { mac, time, random, note, trace } = this.#parts;
    if (!this.#isAgentUp) return;
    this.#isAgentUp = false;
    note("agent killed");
    mac.crash();
    trace.agentDied();
    damage();
    time.after(random() * BACK_MS, () => {
      this.#isAgentUp = true;
      note("agent starts");
      mac.start();
    });
  }

  killRelay(forMs: number): void {
    const { relay, time, note } = this.#parts;
    if (!this.#isRelayUp) return;
    this.#isRelayUp = false;
    note("relay killed");
    relay.crash();
    time.after(forMs, () => {
      this.#isRelayUp = true;
      note("relay starts");
      relay.restart();
    });
  }

  breakLink(how: "cut" | "swallow"): void {
    for (const wire of this.#parts.relay.wires) if (wire.role === "agent") wire[how]();
  }
}
