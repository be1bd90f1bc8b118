import * as z from "zod";
import type { ConfigPath } from "./path.ts";
import { ownValue } from "./plain.ts";
import { SETTING_NAMES, SETTINGS, type ChannelConfig, type SettingName } from "./settings.ts";

const accountId = z.string().regex(/^acc_[0-9a-z]{1,100}$/, "must be the id of an account (acc_…)");

type Shape = { [K in SettingName]: z.ZodExactOptional<z.ZodType<ChannelConfig[K]>> };
const shape = Object.fromEntries(
  SETTING_NAMES.map((name) => [name, (SETTINGS[name].schema as z.ZodType).exactOptional()]),
) as unknown as Shape;

/** Each value by itself; what must hold between them is in `rules.ts`. */
export const documentSchema = z.strictObject({
  ...shape,
  accounts: z.record(accountId, z.strictObject(shape)).exactOptional(),
});

/** The keys that could stand where `path` leads; none where they are free, or nothing is. */
export function knownKeys(path: ConfigPath): readonly string[] {
  const at = schemaAt(path);
  return at instanceof z.ZodObject ? Object.keys(at.shape) : [];
}

/** Whether a document could hold anything there. */
export const isPlace = (path: ConfigPath): boolean => schemaAt(path) !== undefined;

function schemaAt(path: ConfigPath): unknown {
  let at: unknown = documentSchema;
  for (const part of path) at = unwrapped(inside(at, part));
  return at;
}

function inside(schema: unknown, key: string): unknown {
  if (schema instanceof z.ZodObject) return ownValue(schema.shape, key);
  return schema instanceof z.ZodRecord ? schema.valueType : undefined;
}

const unwrapped = (schema: unknown): unknown =>
  schema instanceof z.ZodExactOptional || schema instanceof z.ZodOptional ? schema.unwrap() : schema;
