// A gateway's view of the drop-in: lines of JSON-RPC into its stdin and out of its stdout.
import * as z from "zod";
import { messageSchema } from "../shared/imsg.ts";
import { startProgram, type Program, type RunningProgram } from "./child.ts";

const errorSchema = z.looseObject({ code: z.int(), message: z.string(), data: z.unknown().optional() });
const answerSchema = z.looseObject({
  id: z.int(),
  result: z.unknown().optional(),
  error: errorSchema.optional(),
});
export type DropInAnswer = z.infer<typeof answerSchema>;

const shownSchema = z.looseObject({ ...messageSchema.shape, text: z.string() });
type ShownMessage = z.infer<typeof shownSchema>;
const notificationSchema = z.looseObject({
  method: z.literal("message"),
  params: z.looseObject({ message: shownSchema }),
});

const ANSWER_MS = 15_000;

export class DropIn {
  readonly messages: ShownMessage[] = [];
  /** What it said to the human who reads the gateway's log. */
  readonly errors: string[] = [];
  readonly #answers = new Map<number, (answer: DropInAnswer) => void>();
  readonly #looks = new Set<() => void>();
  #running: RunningProgram | undefined;
  #ids = 0;

  static async start(program: Omit<Program, "onLine">): Promise<DropIn> {
    const dropIn = new DropIn();
    dropIn.#running = await startProgram({
      ...program,
      onLine: (line, from) => {
        if (from === "out") dropIn.#take(line);
        else dropIn.errors.push(line);
      },
    });
    return dropIn;
  }

  get pid(): number {
    return this.#running?.pid ?? 0;
  }

  request(method: string, params: Readonly<Record<string, unknown>>): Promise<DropInAnswer> {
    this.#ids += 1;
    const id = this.#ids;
    return within(ANSWER_MS, `${method} was not answered`, (resolve) => {
      this.#answers.set(id, resolve);
      this.#running?.write(JSON.stringify({ jsonrpc: "2.0", id, method, params }));
    });
  }

  /** A line as it is, whatever it is. */
  write(line: string): void {
    this.#running?.write(line);
  }

  /** The message with that text, now or later. */
  shown(text: string): Promise<ShownMessage> {
    return within(ANSWER_MS, `the message “${text}” did not arrive`, (resolve) => {
      const look = (): void => {
        const found = this.messages.find((message) => message.text === text);
        if (found === undefined) return;
        this.#looks.delete(look);
        resolve(found);
      };
      this.#looks.add(look);
      look();
    });
  }

  async stop(): Promise<void> {
    await this.#running?.stop();
  }

  #take(line: string): void {
    const json: unknown = JSON.parse(line);
    const notification = notificationSchema.safeParse(json).data;
    if (notification !== undefined) {
      this.messages.push(notification.params.message);
      for (const look of this.#looks) look();
      return;
    }
    const answer = answerSchema.safeParse(json).data;
    if (answer !== undefined) this.#answers.get(answer.id)?.(answer);
  }
}

export function within<T>(
  ms: number,
  otherwise: string,
  wait: (resolve: (value: T) => void) => void,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`${otherwise} within ${ms / 1_000} s`)), ms);
    wait((value) => {
      clearTimeout(timer);
      resolve(value);
    });
  });
}
