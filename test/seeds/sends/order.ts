// Messages of one chat go out in the order in which they were taken on.
import { chatKey } from "../../../shared/imsg.ts";
import type { Case } from "./judge.ts";

/** Of the channel only: what comes through the tunnel keeps no order but its gateway's. */
export function wrongOrder(cases: readonly Case[]): string[] {
  const broken: string[] = [];
  const channel = cases.filter(({ ask }) => ask.request.door === "channel");
  for (const later of channel) {
    const first = later.effects.flat()[0];
    if (first === undefined) continue;
    for (const before of channel) {
      if (chatKey(before.ask.chat) !== chatKey(later.ask.chat) || before === later) continue;
      const taken = before.ask.told.find(({ answer }) => answer.ok)?.at;
      if (taken === undefined || taken >= later.ask.at) continue;
      const settledAt = before.stored?.settled_at ?? Number.POSITIVE_INFINITY;
      for (const { place, at } of before.effects.flat()) {
        // What Messages did after its outcome was given up could not be waited for.
        if (place > first.place && at <= settledAt)
          broken.push(
            `order: ${later.ask.key} went out before ${before.ask.key}, which was taken on before it`,
          );
      }
    }
  }
  return broken;
}
