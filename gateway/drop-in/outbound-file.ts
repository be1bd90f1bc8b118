// The file of a send: brought to the Mac first, and named by its reference then.
import * as z from "zod";
import { NOT_STARTED, refusal, type Answer } from "../../shared/jsonrpc.ts";
import type { FileTrouble } from "./file-trouble.ts";

export type UploadFile = (path: string) => Promise<{ readonly reference: string } | FileTrouble>;

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

/** `retry_safe` only where it may pass: otherwise it would fail again, and the gateway would try thrice. */
export const notSent = ({ why, passing }: FileTrouble): Answer => {
  const detail = `The file was not sent: ${why}. Nothing was sent.`;
  return passing === undefined
    ? refusal("unsupported", { detail, ...NOT_STARTED, retry_safe: false })
    : refusal(passing, { detail, ...NOT_STARTED });
};
