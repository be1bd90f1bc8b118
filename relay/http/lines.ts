// Long lists as lines of JSON: one step in memory at a time, made when the reader wants it.
import type { Ctx } from "./context.ts";

export const LINES = "application/x-ndjson";

export const wantsLines = (c: Ctx): boolean => (c.req.header("accept") ?? "").includes(LINES);

/** The first step is there already, so that a refusal is one. `next`: those after the last; none = it is over. */
export function linesOf<T>(first: readonly T[], next: (last: T) => Promise<readonly T[]>): Response {
  const encoder = new TextEncoder();
  let step = first;
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const last = step.at(-1);
      if (last === undefined) return controller.close();
      controller.enqueue(encoder.encode(step.map((item) => `${JSON.stringify(item)}\n`).join("")));
      step = await next(last);
      return undefined;
    },
  });
  return new Response(body, { headers: { "content-type": LINES } });
}
