// Which frames there are, read from the schemas themselves, so that no list of them can be forgotten.
import * as z from "zod";

/** By type, and by form where a type has several: `health`, `note chats`. */
export const kindsOf = (union: z.ZodDiscriminatedUnion): readonly string[] => union.options.flatMap(kindOf);

function kindOf(option: unknown): readonly string[] {
  if (option instanceof z.ZodObject) return [literalOf(option, "t")];
  if (!(option instanceof z.ZodDiscriminatedUnion))
    throw new Error("a frame is an object, or one of several");
  const { discriminator, options } = option.def;
  return options.map((form) => {
    if (!(form instanceof z.ZodObject)) throw new Error("a form of a frame is an object");
    return `${literalOf(form, "t")} ${literalOf(form, discriminator)}`;
  });
}

function literalOf({ shape }: z.ZodObject, name: string): string {
  const literal: unknown = shape[name];
  const value = literal instanceof z.ZodLiteral ? literal.value : undefined;
  if (typeof value !== "string") throw new Error(`${name} of a frame is a word`);
  return value;
}
