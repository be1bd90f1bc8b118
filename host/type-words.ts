import * as z from "zod";

/** The part of JSON Schema that our settings come to. */
const nodeSchema = z.looseObject({
  type: z.union([z.string(), z.array(z.string())]).optional(),
  enum: z.array(z.string()).optional(),
  minimum: z.number().optional(),
  maximum: z.number().optional(),
  maxLength: z.number().optional(),
  maxItems: z.number().optional(),
  items: z.unknown().optional(),
  properties: z.record(z.string(), z.unknown()).optional(),
  required: z.array(z.string()).optional(),
  additionalProperties: z.unknown().optional(),
});

/** What may be written for a setting, in words. */
export const typeWords = (schema: z.ZodType): string => words(z.toJSONSchema(schema, { io: "input" }));

function words(value: unknown): string {
  const node = nodeSchema.parse(value);
  if (node.enum !== undefined) return node.enum.map((word) => `\`${word}\``).join(", ");
  if (Array.isArray(node.type)) return node.type.map((type) => SINGLE[type] ?? type).join(" or ");
  switch (node.type) {
    case "integer":
      return `whole number, ${count(node.minimum ?? 0)} to ${count(node.maximum ?? 0)}`;
    case "array":
      return `list of ${node.maxItems === undefined ? "" : `at most ${count(node.maxItems)} `}${plural(node.items)}`;
    case "object":
      return node.properties === undefined
        ? `map to ${words(node.additionalProperties)}`
        : `{ ${properties(node.properties, node.required ?? [])} }`;
    case undefined:
      return "anything";
    default:
      return `${SINGLE[node.type] ?? node.type}${most(node.maxLength, " characters")}`;
  }
}

const SINGLE: Readonly<Record<string, string>> = {
  string: "text",
  number: "number",
  boolean: "true or false",
};

/** What a list is of; how long each entry may be is said where it is too long. */
function plural(items: unknown): string {
  const { type } = nodeSchema.parse(items);
  return Array.isArray(type)
    ? type.map((name) => `${SINGLE[name] ?? name}s`).join(" or ")
    : `${words({ type })}s`;
}

const most = (limit: number | undefined, unit: string): string =>
  limit === undefined ? "" : `, at most ${count(limit)}${unit}`;

const count = (value: number): string => value.toLocaleString("en");

const properties = (all: Readonly<Record<string, unknown>>, required: readonly string[]): string =>
  Object.entries(all)
    .map(([name, value]) => `${name}${required.includes(name) ? "" : "?"}: ${words(value)}`)
    .join("; ");
