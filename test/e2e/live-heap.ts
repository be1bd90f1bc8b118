// How much of a worker's memory is in use, once everything that nobody holds any more was collected: unlike what the
// process has from the system, it does not hang on when the runtime tidies up.
import { WebSocket } from "ws";
import * as z from "zod";
import { http } from "./http.ts";
import { opened } from "./opened.ts";

const targetsSchema = z.array(z.looseObject({ webSocketDebuggerUrl: z.string() })).min(1);
const answerSchema = z.looseObject({
  id: z.int(),
  result: z.looseObject({ usedSize: z.number() }).optional(),
});

/** Bytes; `port` = where the relay's inspector listens. */
export async function liveHeap(port: number): Promise<number> {
  const [target] = targetsSchema.parse((await http(`http://127.0.0.1:${port}/json`)).json());
  const socket = new WebSocket(target?.webSocketDebuggerUrl ?? "", { perMessageDeflate: false });
  await opened(socket);
  const ask = (id: number, method: string): Promise<number> =>
    new Promise((resolve, reject) => {
      socket.once("close", () => reject(new Error(`${method} was not answered`)));
      const take = (data: Buffer): void => {
        // The snapshot comes in pieces that name no id.
        const text = data.toString("utf8");
        const answer = text.startsWith('{"id"') ? answerSchema.safeParse(JSON.parse(text)).data : undefined;
        if (answer?.id !== id) return;
        socket.off("message", take);
        resolve(answer.result?.usedSize ?? 0);
      };
      socket.on("message", take);
      socket.send(JSON.stringify({ id, method }));
    });
  // It collects first, and is the only one that does: workerd (2026-04) answers no collectGarbage.
  await ask(1, "HeapProfiler.takeHeapSnapshot");
  const used = await ask(2, "Runtime.getHeapUsage");
  socket.terminate();
  return used;
}
