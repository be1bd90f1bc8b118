import { EXIT_FLUSH_MS } from "../limits.ts";
import type { ExitCode } from "./exit-codes.ts";

/** The last acknowledgement and the end of the socket are on their way; a peer that is gone is not waited for. */
export function endSoon(code: ExitCode): void {
  setTimeout(() => process.exit(code), EXIT_FLUSH_MS).unref();
}
