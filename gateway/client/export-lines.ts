// A tenant's export as this side reads it (docs/protocol.md TEN11): whose it is and where it may be cut. What the rows say
// is nobody's business on the way.
import * as z from "zod";
import { parseJson } from "../../shared/json.ts";

const headerSchema = z.looseObject({
  t: z.literal("export"),
  format: z.int(),
  tenant: z.string(),
  name: z.string(),
  exported_at: z.number(),
  /** All pages of one export have it in common, and no other has. */
  changed_at: z.number(),
});
export type ExportHeader = z.infer<typeof headerSchema>;

const lineSchema = z.discriminatedUnion("t", [
  headerSchema,
  z.looseObject({ t: z.literal("tenant_row") }),
  z.looseObject({ t: z.literal("account"), account: z.string(), name: z.string() }),
  z.looseObject({ t: z.literal("account_row"), account: z.string() }),
  z.looseObject({ t: z.literal("more"), after: z.string() }),
  z.looseObject({ t: z.literal("end") }),
]);
export type ExportLine = z.infer<typeof lineSchema>;

/** Undefined = it is no line of an export. */
export function readExportLine(text: string): ExportLine | undefined {
  const json = parseJson(text);
  return json.ok ? lineSchema.safeParse(json.value).data : undefined;
}

/** The rest is to be asked for after that account. */
export const moreLine = (after: string): string => JSON.stringify({ t: "more", after });
