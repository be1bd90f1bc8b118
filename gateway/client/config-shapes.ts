// The relay's answers about configuration as this side reads them: loose, since a newer relay may know more settings.
import * as z from "zod";

const time = z.number();
const settings = z.record(z.string(), z.unknown());
const place = z.looseObject({ path: z.string(), problem: z.string() });

export const configVersionSchema = z.looseObject({
  version: z.int().min(0),
  document: settings,
  at: time.nullable().default(null),
  by: z.string().default(""),
});
export const configHistorySchema = z.looseObject({
  versions: z.array(
    z.looseObject({ version: z.int().min(0), at: time, by: z.string(), changed: z.array(z.string()) }),
  ),
});
export const configChangedSchema = z.looseObject({
  version: z.int().min(0),
  document: settings,
  changed: z.array(z.string()),
  warnings: z.array(place).default([]),
  accounts_reached: z.int().default(0),
  accounts_pending: z.int().default(0),
});
export const accountConfigSchema = z.looseObject({
  version: z.int().min(0),
  config: settings,
  origin: z.record(z.string(), z.string()),
  overrides: settings,
  warnings: z.array(place).default([]),
});

export type ConfigVersion = z.infer<typeof configVersionSchema>;
export type ConfigHistory = z.infer<typeof configHistorySchema>;
export type ConfigChanged = z.infer<typeof configChangedSchema>;
export type AccountConfig = z.infer<typeof accountConfigSchema>;
export type ConfigPlace = z.infer<typeof place>;
