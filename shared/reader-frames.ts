// What a reader of events says over its WebSocket (docs/protocol.md, EVT7).
import * as z from "zod";
import { kindsOf } from "./frame-kinds.ts";

/** reader → relay. */
export const readerFrame = z.discriminatedUnion("t", [
  /** Everything up to that event has been dealt with. */
  z.looseObject({ t: z.literal("ack"), id: z.string() }),
]);

export const READER_FRAME_KINDS = kindsOf(readerFrame);
