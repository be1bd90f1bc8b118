// A send's file, where a caller of the tunnel names it by the reference of an upload: as the Mac's agent names it.
import * as z from "zod";
import { STAGED_FILE } from "../../../shared/staged-file.ts";
import { err, ok, type Result } from "../../../shared/result.ts";
import { isStagedReference, openStaged, type Sealing } from "./reference.ts";

const fileSchema = z.looseObject({ file: z.string() });

/** Anything else is passed as it is: the Mac judges it. */
export function withStagedFile(sealing: Sealing, params: unknown): Result<unknown, string> {
  const named = fileSchema.safeParse(params);
  if (!named.success || !isStagedReference(named.data.file)) return ok(params);
  const staged = openStaged(sealing, named.data.file);
  if (staged === undefined) return err("file: not the reference of an upload to this account");
  return ok({ ...named.data, file: `${STAGED_FILE}${staged.staged}` });
}
