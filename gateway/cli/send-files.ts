// The files of a message: they are on the Mac before the message is sent.
import { err, ok, type Result } from "../../shared/result.ts";
import { ClientError } from "../client/client-error.ts";
import type { Asking } from "./asking.ts";
import { EXIT, type ExitCode } from "./exit-codes.ts";
import { fileTrouble } from "./file-trouble.ts";
import { Interrupted, interruptible } from "./interrupt.ts";
import { closeAll, openLocalFiles } from "./local-files.ts";
import { refusalOf, type Verdict } from "./send-report.ts";
import { stageFiles } from "./stage-files.ts";

/** Their references, in order; or why nothing is sent. */
export async function stageForSending(
  paths: readonly string[],
  key: string,
  ask: Asking,
): Promise<Result<readonly string[], Verdict>> {
  if (paths.length === 0) return ok([]);
  const files = await openLocalFiles(paths);
  if (typeof files === "string") return err(notSent(EXIT.misuse, files, key));
  const { signal, release } = interruptible();
  const references: string[] = [];
  try {
    await stageFiles(files, ask, signal, (_, { attachment }) => void references.push(attachment));
    return ok(references);
  } catch (error) {
    if (error instanceof Interrupted) return err(notSent(error.exit, "interrupted", key));
    if (error instanceof ClientError) return err(refusalOf(error, key));
    const why = fileTrouble(error, "read", paths[references.length] ?? "");
    if (why === undefined) throw error;
    return err(notSent(EXIT.failed, why, key));
  } finally {
    release();
    await closeAll(files);
  }
}

const notSent = (exit: ExitCode, why: string, key: string): Verdict => ({
  exit,
  says: `Not sent: ${why}.`,
  json: { success: false, error: why, outcome: "not_sent", idempotency_key: key },
});
