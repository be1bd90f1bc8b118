// What of the sending half of the protocol is there to be tried. Each is one constant, so that chaos runs on a relay
// that does not have it yet.
export const FEATURES: Readonly<Record<Feature, boolean>> = {
  operations: true,
  parts: true,
  queue: true,
  reconciles: true,
  outcomeEvents: true,
};

/**
 * `operations`: GET and DELETE …/operations. `parts`: long texts are split. `queue`: `queue: true` waits for the Mac.
 * `reconciles`: an unknown is settled by its row in the log. `outcomeEvents`: `message.outcome`.
 */
export type Feature = "operations" | "parts" | "queue" | "reconciles" | "outcomeEvents";
