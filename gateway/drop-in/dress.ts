import type { RelayNote } from "../client/watch.ts";
import type { Settings } from "../profile/settings.ts";
import type { LocalFiles } from "./inbound-files.ts";
import { judgeAge, type Lateness } from "./late.ts";

interface Dressed {
  readonly message: Record<string, unknown>;
  readonly lateness: Lateness;
}

/** A logged message as the gateway is to see it: imsg's shape, with no path that means nothing on this machine. */
export function dress(
  message: Record<string, unknown>,
  note: RelayNote | undefined,
  now: number,
  settings: Settings,
  files: LocalFiles = [],
): Dressed {
  const lateness = judgeAge(message["created_at"], note, now, settings);
  const dated = lateness === "undated" ? { ...message, created_at: null } : message;
  const { attachments } = dated;
  if (!Array.isArray(attachments) || attachments.length === 0) return { message: dated, lateness };
  return {
    message: { ...dated, attachments: attachments.map((one: unknown, at) => here(one, files[at])) },
    lateness,
  };
}

/** The paths are the Mac's; `missing` makes the gateway say so instead of looking for a file of its own there. */
function here(attachment: unknown, file: string | undefined): unknown {
  if (typeof attachment !== "object" || attachment === null) return attachment;
  const { converted_path: _, ...kept } = { converted_path: undefined, ...attachment };
  if (file !== undefined) return { ...kept, filename: file, original_path: file, missing: false };
  return { ...kept, original_path: "", missing: true };
}
