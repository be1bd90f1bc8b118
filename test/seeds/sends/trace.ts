// Looks on from outside while a send passes from the relay to Messages: at the frames of the link, the lines of the
// journal, the pipes of imsg and the rows of the world. Tells at which point each send is, and whose a row is; of
// relay and agent it knows only what goes in and out.
import { chatKey } from "../../../shared/imsg.ts";
import type { Database } from "../../imsg-sim/host.ts";
import type { WorldOp } from "../../imsg-sim/world-op.ts";
import type { Child, ImsgWatcher } from "../virtual-imsg.ts";
import type { Point } from "./table.ts";

/** A message that Messages has because of a call. */
export interface Effect {
  readonly guid: string;
  readonly chat: string;
  readonly text: string;
  readonly at: number;
  /** Its place among all effects. */
  readonly place: number;
  /** The database that it is in, and the one that was there when imsg was given it. */
  readonly database: string;
  readonly givenIn: string;
}

/** One part of a send on its way. */
export interface Traced {
  readonly call: string;
  readonly operation: string;
  readonly params: string;
  readonly text: string;
  /** When the relay gave it to an agent first. */
  readonly from: number;
  begun: number;
  given: number;
  givenIn: string;
  /** Which message imsg named in its answer. */
  said: string | null;
  readonly effects: Effect[];
}

interface CallFrame {
  readonly call: string;
  readonly params: { readonly text?: string };
}
interface JournalLine {
  readonly r: string;
  readonly operation: string;
}

export class Trace implements ImsgWatcher {
  readonly calls = new Map<string, Traced>();
  readonly effects: Effect[] = [];
  /** What must never be, whatever comes of it. */
  readonly strays: string[] = [];
  onPoint: (point: Point, traced: Traced, child?: Child) => void = () => undefined;
  readonly #now: () => number;
  /** What each process has in hand, by the id of its request. */
  readonly #inHand = new Map<Child, Map<unknown, Traced>>();

  constructor(now: () => number) {
    this.#now = now;
  }

  frame(from: "relay" | "client", text: string): void {
    if (from === "relay" && text.startsWith('{"t":"call"') && text.includes('"operation":'))
      this.#called(text);
    else if (from === "relay" && text.startsWith('{"t":"ack","operations"')) {
      const { operations } = JSON.parse(text) as { operations: string[] };
      for (const call of operations) this.#reach("settled", call);
    } else if (from === "client" && text.startsWith('{"t":"result"') && text.includes('"operation":')) {
      this.#reach("told", (JSON.parse(text) as { operation: string }).operation);
    }
  }

  writing(line: string): void {
    const { r, operation } = readLine(line);
    const traced = this.calls.get(operation);
    // What has its answer is given to imsg no more.
    if (traced !== undefined && r === "done") traced.given = traced.begun;
    if (r === "begun") this.#reach("journalling", operation);
    if (r === "done") this.#reach("recording", operation);
  }

  safe(lines: string): void {
    for (const line of lines.split("\n")) {
      if (!line.includes('"r":"begun"')) continue;
      const traced = this.calls.get(readLine(line).operation);
      if (traced !== undefined) traced.begun += 1;
    }
  }

  /** Of what it had begun nothing is given to imsg any more. */
  agentDied(): void {
    for (const traced of this.calls.values()) traced.given = traced.begun;
  }

  given(child: Child, line: string, database: string): void {
    if (!line.includes('"method":"send"')) return;
    const { id, params } = JSON.parse(line) as { id: unknown; params: unknown };
    const text = JSON.stringify(params);
    const traced = [...this.calls.values()].find(
      ({ params: asked, begun, given }) => asked === text && begun > given,
    );
    if (traced === undefined) {
      this.strays.push(`LINK14: imsg was given a send that is safe in no journal: ${text}`);
      return;
    }
    traced.given += 1;
    traced.givenIn = database;
    const inHand = this.#inHand.get(child) ?? new Map<unknown, Traced>();
    this.#inHand.set(child, inHand.set(id, traced));
    this.onPoint("given", traced, child);
  }

  wrote(child: Child, line: string): void {
    const inHand = this.#inHand.get(child);
    if (inHand === undefined || line.includes('"method":')) return;
    const { id, result } = JSON.parse(line) as { id: unknown; result?: { guid?: string } };
    const traced = inHand.get(id);
    if (traced !== undefined) traced.said = result?.guid ?? null;
    inHand.delete(id);
    if (inHand.size === 0) this.#inHand.delete(child);
    if (traced !== undefined) this.onPoint("answered", traced, child);
  }

  effect(child: Child, { identity }: Database, op: WorldOp): void {
    if (op.op !== "message" || typeof op.chat !== "string") return;
    const traced = [...(this.#inHand.get(child)?.values() ?? [])].find(({ text }) => text === op.text);
    const { guid, text } = op;
    const place = this.effects.length;
    const where = { database: identity, givenIn: traced?.givenIn ?? "" };
    const effect = { guid, chat: chatKey(op.chat), text, at: this.#now(), place, ...where };
    this.effects.push(effect);
    if (traced === undefined) this.strays.push(`a message that nobody asked for: ${text}`);
    else {
      traced.effects.push(effect);
      this.onPoint("effect", traced, child);
    }
  }

  #called(frame: string): void {
    const { call, params } = JSON.parse(frame) as CallFrame;
    if (!this.calls.has(call)) {
      const [operation = call] = call.split(".");
      const text = params.text ?? "";
      const found = { call, operation, params: JSON.stringify(params), text, from: this.#now() };
      this.calls.set(call, { ...found, begun: 0, given: 0, givenIn: "", said: null, effects: [] });
    }
    this.#reach("dispatched", call);
  }

  #reach(point: Point, call: string): void {
    const traced = this.calls.get(call);
    if (traced !== undefined) this.onPoint(point, traced);
  }
}

/** Without its checksum. */
const readLine = (line: string): JournalLine => JSON.parse(line.slice(line.indexOf(" "))) as JournalLine;
