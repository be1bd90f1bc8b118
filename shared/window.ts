/** What was sent and not yet acknowledged, counted in items and bytes. Plain data, so that it survives hibernation. */
export interface Unacked {
  readonly items: number;
  readonly bytes: number;
}

interface WindowLimit {
  readonly items: number;
  readonly bytes: number;
}

export const NOTHING: Unacked = { items: 0, bytes: 0 };

/** Whether one more may go. An empty window always takes one, however large, so that nothing is stuck for ever. */
export const hasRoom = (unacked: Unacked, limit: WindowLimit): boolean =>
  unacked.items === 0 || (unacked.items < limit.items && unacked.bytes < limit.bytes);
