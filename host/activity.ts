// What passes, a line each: the Mac coming and going out of the agent's log, messages out of a subscription like any
// gateway's. A real Mac's messages are shown without a word of them.
import * as z from "zod";
import { messageSchema } from "../shared/imsg.ts";
import { Flood } from "./flood.ts";
import { oneLine, timeOfDay, type Style, type Terminal } from "./terminal.ts";

const eventSchema = z.looseObject({ level: z.string(), event: z.string() });
const wordsSchema = z.looseObject({
  why: z.string().optional(),
  reason: z.string().nullish(),
  remedy: z.string().nullish(),
  version: z.string().nullish(),
  done: z.number().catch(0),
  total: z.number().nullish(),
  rows_per_s: z.number().nullish(),
  seconds_left: z.number().nullish(),
  seconds: z.number().nullish(),
  finished: z.boolean().optional(),
});
type Words = z.infer<typeof wordsSchema>;

const bugSchema = z.looseObject({ level: z.literal("error"), what: z.string() });
const notificationSchema = z.looseObject({
  method: z.literal("message"),
  params: z.looseObject({ message: messageSchema }),
});
const textSchema = z.looseObject({
  text: z.string().catch(""),
  chat_name: z.string().catch(""),
  reaction_emoji: z.string().optional().catch(undefined),
  attachments: z.array(z.unknown()).catch([]),
});

const MOST_NAME = 28;
/** The time of day, the arrow and the gaps. */
const AROUND = "00:00:00  ← ".length + 3;
const LEAST_TEXT = 20;

/** Lines of the agent that a person wants to see, and how. */
const AGENT_LINES: Readonly<Record<string, readonly [Style, (words: Words) => string | undefined]>> = {
  link_up: ["green", () => "the Mac is online"],
  link_down: ["yellow", ({ why }) => `the Mac is offline: ${why ?? "the link ended"}`],
  imsg_ready: ["dim", ({ version }) => `imsg runs${typeof version === "string" ? ` (${version})` : ""}`],
  imsg_restart: ["yellow", ({ why }) => `imsg is started again: ${why ?? "it ended"}`],
  imsg_trouble: ["yellow", ({ remedy, reason, why }) => remedy ?? reason ?? why ?? "imsg is not well"],
  database_replaced: ["yellow", () => "Messages has another database"],
  catch_up: ["dim", (words) => (words.finished === true ? caughtUp(words) : catchingUp(words))],
};

const count = (number: number): string => number.toLocaleString("en-US");
const duration = (seconds: number): string =>
  seconds < 100 ? `${seconds} s` : `${Math.round(seconds / 60)} min`;

function catchingUp({ done, total, rows_per_s, seconds_left }: Words): string {
  const most = typeof total === "number" ? ` of ~${count(total)}` : "";
  const speed = typeof rows_per_s === "number" ? `, ${count(rows_per_s)}/s` : "";
  const left = typeof seconds_left === "number" && seconds_left > 0 ? `, ${duration(seconds_left)} left` : "";
  return `catching up: ${count(done)}${most} messages${speed}${left}`;
}

function caughtUp({ done, seconds }: Words): string | undefined {
  if (done === 0) return undefined;
  const time = typeof seconds === "number" ? ` in ${duration(seconds)}` : "";
  return `caught up: ${count(done)} message${done === 1 ? "" : "s"}${time}`;
}

export class Activity {
  readonly #terminal: Terminal;
  readonly #showsText: boolean;
  readonly #flood = new Flood((hidden) => this.note("dim", `… and ${count(hidden)} more`));
  /** The failed attempts that follow are the same absence. */
  #isOffline = false;

  constructor(terminal: Terminal, showsText: boolean) {
    this.#terminal = terminal;
    this.#showsText = showsText;
  }

  note(style: Style, text: string): void {
    const { say, paint } = this.#terminal;
    say(`${paint("dim", timeOfDay(new Date()))}  ${paint(style, text)}`);
  }

  /** One line of the agent's log. */
  agentLine(line: string): void {
    const event = eventSchema.safeParse(tryParse(line)).data;
    // Not a line of its log: why it does not start.
    if (event === undefined) return this.complaint(line);
    const shown = AGENT_LINES[event.event];
    if (shown === undefined) {
      if (event.level === "error") this.note("red", `agent: ${event.event.replaceAll("_", " ")}`);
      return undefined;
    }
    const [style, words] = shown;
    const said = wordsSchema.catch({ done: 0 }).parse(event);
    if (event.event === "link_down" && this.#isOffline && event.level !== "error") return undefined;
    if (event.event.startsWith("link_")) this.#isOffline = event.event === "link_down";
    const text = words(said);
    if (text !== undefined) this.note(style, text);
    return undefined;
  }

  /** What a program says to whoever runs it. */
  complaint(line: string): void {
    if (line.trim() !== "") this.note("yellow", oneLine(line.trim(), this.#terminal.columns - LEAST_TEXT));
  }

  /** One line of workerd, or of the worker in it; all of them are in relay.log. */
  relayLine(line: string): void {
    const bug = bugSchema.safeParse(tryParse(line)).data;
    if (bug !== undefined) this.note("red", `the relay had a fault (${bug.what}); relay.log has all of it`);
  }

  /** One line that the gateway of this launcher got. */
  gatewayLine(line: string): void {
    const notification = notificationSchema.safeParse(tryParse(line)).data;
    if (notification === undefined || !this.#flood.shows()) return;
    const { message } = notification.params;
    const { text, chat_name, reaction_emoji, attachments } = textSchema.parse(message);
    const arrow = message.is_from_me ? "→" : "←";
    const who = this.#showsText
      ? chat_name || message.participants.join(", ") || message.sender
      : `chat ${message.chat_id}`;
    const reaction = message.is_reaction ? (reaction_emoji ?? "a reaction") : undefined;
    const files = attachments.length === 0 ? "" : `[${attachments.length} attached] `;
    const named = oneLine(who, MOST_NAME);
    const most = Math.max(LEAST_TEXT, this.#terminal.columns - AROUND - named.length);
    const words = this.#showsText
      ? oneLine(`${files}${text}`, most).trim()
      : reaction === undefined
        ? "a message"
        : "a reaction";
    const what = this.#showsText && reaction !== undefined && text === "" ? reaction : words;
    const { say, paint } = this.#terminal;
    const style = message.is_from_me ? "cyan" : "green";
    say(`${paint("dim", timeOfDay(new Date()))}  ${paint(style, `${arrow} ${named}`)}  ${what}`);
  }
}

function tryParse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
