// One line of the journal: a checksum and a JSON record. A line that is cut or changed does not pass.
import { crc32 } from "node:zlib";
import * as z from "zod";
import { answerSchema } from "../shared/jsonrpc.ts";

const recordSchema = z.discriminatedUnion("r", [
  /** First line of every file. */
  z.object({ r: z.literal("journal"), version: z.literal(1), id: z.string().min(1) }),
  /** About to be given to imsg. */
  z.object({
    r: z.literal("begun"),
    operation: z.string(),
    call: z.string(),
    epoch: z.int(),
    at: z.number(),
  }),
  /** What its answer is, for ever. */
  z.object({
    r: z.literal("done"),
    operation: z.string(),
    call: z.string(),
    epoch: z.int(),
    at: z.number(),
    answer: answerSchema,
  }),
  /** The relay has the answer. */
  z.object({ r: z.literal("acked"), operation: z.string() }),
]);
export type JournalRecord = z.infer<typeof recordSchema>;

const checksum = (text: string): string => crc32(text).toString(16).padStart(8, "0");

export function encodeRecord(record: JournalRecord): string {
  const text = JSON.stringify(record);
  return `${checksum(text)} ${text}\n`;
}

/** The records up to the first line that cannot be trusted; `torn` where there is one. */
export function decodeRecords(text: string): { records: JournalRecord[]; torn: boolean } {
  const records: JournalRecord[] = [];
  const lines = text.split("\n");
  // The text after the last newline is empty, or a line that was being written.
  const rest = lines.pop();
  for (const line of lines) {
    const record = decodeRecord(line);
    if (record === undefined) return { records, torn: true };
    records.push(record);
  }
  return { records, torn: rest !== "" };
}

function decodeRecord(line: string): JournalRecord | undefined {
  const json = line.slice(9);
  if (line[8] !== " " || line.slice(0, 8) !== checksum(json)) return undefined;
  try {
    const record = recordSchema.safeParse(JSON.parse(json));
    return record.success ? record.data : undefined;
  } catch {
    return undefined;
  }
}
