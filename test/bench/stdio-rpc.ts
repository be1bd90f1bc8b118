// Whatever speaks imsg's JSON-RPC over stdin and stdout: imsg itself, `ssh host imsg rpc`, `imsg-relay rpc`.
import * as z from "zod";
import { startProgram, type RunningProgram } from "../../host/child.ts";
import { owned } from "../e2e/owned.ts";

export interface Command {
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
}

const CALL_MS = 30_000;
const MAX_ERR_LINES = 20;

const answerSchema = z.looseObject({
  id: z.number(),
  result: z.looseObject({ stale: z.boolean().optional() }).optional(),
  error: z.unknown().optional(),
});

/** Cheap and the same on every path. */
export const CALL = { method: "chats.list", params: { limit: 1 } } as const;

export class StdioRpc {
  readonly #program: RunningProgram;
  readonly #waiting = new Map<number, (answer: z.infer<typeof answerSchema>) => void>();
  readonly #err: string[];
  #ids = 0;

  private constructor(program: RunningProgram, err: string[]) {
    this.#program = program;
    this.#err = err;
    owned.add(program.pid);
    void program.exited.then(() => owned.remove(program.pid));
  }

  static async start({ command, args, env }: Command): Promise<StdioRpc> {
    const err: string[] = [];
    let take: (line: string) => void = () => undefined;
    const program = await startProgram({
      command,
      args,
      env: { ...process.env, ...env },
      onLine: (line, from) => {
        if (from === "out") take(line);
        else if (err.length < MAX_ERR_LINES) err.push(line);
      },
    });
    const rpc = new StdioRpc(program, err);
    take = (line) => rpc.#take(line);
    return rpc;
  }

  /** Resolves when it is answered; an error, or an answer that is not of now, is a failure of the bench. */
  async call(): Promise<void> {
    this.#ids += 1;
    const id = this.#ids;
    const answered = new Promise<z.infer<typeof answerSchema>>((resolve, reject) => {
      const timer = setTimeout(() => reject(this.#failure("no answer")), CALL_MS);
      this.#waiting.set(id, (answer) => {
        clearTimeout(timer);
        resolve(answer);
      });
      void this.#program.exited.then((how) => {
        clearTimeout(timer);
        reject(this.#failure(`ended (${how})`));
      });
    });
    this.#program.write(JSON.stringify({ jsonrpc: "2.0", id, ...CALL }));
    const { error, result } = await answered;
    if (error !== undefined) throw this.#failure(JSON.stringify(error));
    if (result === undefined || result.stale === true) throw this.#failure("a stale answer");
  }

  /** Ends its input and waits for its end. */
  async end(): Promise<void> {
    this.#program.endInput();
    await this.#program.exited;
  }

  async stop(): Promise<void> {
    this.#program.kill("SIGKILL");
    await this.#program.exited;
  }

  #take(line: string): void {
    const answer = answerSchema.safeParse(JSON.parse(line));
    if (!answer.success) return;
    const settle = this.#waiting.get(answer.data.id);
    this.#waiting.delete(answer.data.id);
    settle?.(answer.data);
  }

  #failure(why: string): Error {
    return new Error(`${why}; it said: ${this.#err.join(" | ") || "nothing"}`);
  }
}
