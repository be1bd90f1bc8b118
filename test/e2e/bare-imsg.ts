// The simulated imsg without anything in between: what a gateway on the Mac itself would be answered.
import * as z from "zod";
import { startProgram, type RunningProgram } from "../../host/child.ts";
import { owned } from "./owned.ts";
import { PROGRAMS } from "./programs.ts";
import { Recording } from "./waiting.ts";

const frameSchema = z.looseObject({
  id: z.union([z.string(), z.number(), z.null()]).optional(),
  method: z.string().optional(),
  result: z.unknown().optional(),
  error: z.unknown().optional(),
});
type Frame = z.infer<typeof frameSchema>;

/** What a call ends with, without its id. */
export interface BareAnswer {
  readonly result?: unknown;
  readonly error?: unknown;
}

export class BareImsg {
  readonly frames = new Recording<Frame>();
  #running: RunningProgram | undefined;
  #ids = 0;

  static async start(dbPath: string): Promise<BareImsg> {
    const bare = new BareImsg();
    bare.#running = await startProgram({
      command: process.execPath,
      args: [PROGRAMS.sim, "rpc", "--db", dbPath],
      env: process.env,
      onLine: (line) => bare.frames.add(frameSchema.parse(JSON.parse(line))),
    });
    owned.add(bare.#running.pid);
    return bare;
  }

  async call(method: string, params?: unknown): Promise<BareAnswer> {
    this.#ids += 1;
    const id = `bare-${this.#ids}`;
    this.#running?.write(
      JSON.stringify({ jsonrpc: "2.0", id, method, ...(params === undefined ? {} : { params }) }),
    );
    const answer = await this.frames.find((frame) => frame.id === id, `imsg's answer to ${method}`);
    return outcome(answer);
  }

  async stop(): Promise<void> {
    await this.#running?.stop();
    owned.remove(this.#running?.pid ?? 0);
  }
}

/** Result or error alone, without the moment of asking: to compare what came by different ways. */
export function outcome({ result, error }: BareAnswer): BareAnswer {
  if (error !== undefined) return { error };
  if (typeof result !== "object" || result === null || !("checked_at" in result)) return { result };
  const { checked_at: _moment, ...rest } = result;
  return { result: rest };
}
