// The file of a send: brought to the Mac first, and named by its reference then.
import * as z from "zod";
import { refusal, type Answer } from "../../shared/jsonrpc.ts";

export type UploadFile = (path: string) => Promise<{ readonly reference: string } | { readonly why: string }>;

const fileSchema = z.looseObject({ file: z.string().min(1) });

/** The path of the file that those parameters name; undefined = none. */
export function fileOf(params: unknown): string | undefined {
  const named = fileSchema.safeParse(params);
  return named.success ? named.data.file : undefined;
}

export const withFile = (params: unknown, reference: string): unknown => ({
  ...fileSchema.parse(params),
  file: reference,
});

/** Not `retry_safe`: it would fail again, and the gateway would try thrice. */
export const notSent = (why: string): Answer =>
  refusal("unsupported", {
    detail: `The file was not sent: ${why}. Nothing was sent.`,
    disposition: "not_started",
    retry_safe: false,
  });
