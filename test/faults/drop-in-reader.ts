// The program that OpenClaw runs in the place of imsg, as a process of its own.
import path from "node:path";
import * as z from "zod";
import { startProgram, type RunningProgram } from "../../host/child.ts";
import { answerSchema, type Answer } from "../../shared/jsonrpc.ts";
import type { System } from "../e2e/harness.ts";
import { owned } from "../e2e/owned.ts";
import { PROGRAMS } from "../e2e/programs.ts";
import { Recording } from "../e2e/waiting.ts";
import { Shelf } from "../seeds/readers.ts";
import type { Proxy } from "./proxy.ts";
import { shownSchema, take, WATCH, type Reader } from "./readers.ts";

const lineSchema = z.looseObject({
  id: z.string().optional(),
  method: z.string().optional(),
  params: z.unknown().optional(),
});

export class DropInReader implements Reader {
  readonly name = "drop-in";
  readonly shelf = new Shelf();
  readonly taken = new Recording<string>();
  /** Its stderr: a gateway logs each line as an error. */
  readonly complaints: string[] = [];
  readonly #open = new Map<string, (answer: Answer) => void>();
  #running: RunningProgram | undefined;

  static async start(system: System, wire: Proxy): Promise<DropInReader> {
    const reader = new DropInReader();
    const { account, key, folder } = system;
    const running = await startProgram({
      command: process.execPath,
      args: [PROGRAMS.gateway, "rpc", "--json"],
      env: {
        ...process.env,
        IMSG_RELAY_HOME: path.join(folder, "gateway"),
        IMSG_RELAY_URL: `${wire.origin}/v1/accounts/${account}#${key}`,
      },
      onLine: (line, from) => {
        if (from === "out") reader.#line(line);
        else reader.complaints.push(line);
      },
    });
    reader.#running = running;
    owned.add(running.pid);
    await reader.#request("watch", "watch.subscribe", WATCH);
    return reader;
  }

  ask(key: string, params: Readonly<Record<string, unknown>>): Promise<Answer> {
    return this.#request(key, "send", params, { idempotency_key: key });
  }

  async close(): Promise<void> {
    const running = this.#running;
    if (running === undefined) return;
    running.kill("SIGKILL");
    await running.exited;
    owned.remove(running.pid);
  }

  #request(
    id: string,
    method: string,
    params: unknown,
    extra: Readonly<Record<string, unknown>> = {},
  ): Promise<Answer> {
    return new Promise((resolve) => {
      this.#open.set(id, resolve);
      this.#running?.write(JSON.stringify({ jsonrpc: "2.0", id, method, params, ...extra }));
    });
  }

  #line(text: string): void {
    const json: unknown = JSON.parse(text);
    const { id, method, params } = lineSchema.parse(json);
    if (method === "message") {
      const shown = shownSchema.safeParse(params);
      if (shown.success) take(this, shown.data.message);
      return;
    }
    if (id === undefined) return;
    this.#open.get(id)?.(answerSchema.parse(json));
    this.#open.delete(id);
  }
}
