// The owner's rules as the relay, and through it the gateways, are told of them.
import type { MacPolicy } from "../shared/mac-policy.ts";
import { METHOD_NAMES, methodOf } from "../shared/methods.ts";
import type { OwnerWord } from "./ports.ts";
import { forbiddenAlways } from "./veto.ts";

export function policyOf({ file, mistake }: OwnerWord): MacPolicy {
  const { rules } = file.config;
  const isForbidden = (method: string): boolean => {
    const entry = methodOf(method);
    // That everything is paused is said by itself.
    const asked = { ...rules, paused: false };
    return (
      entry !== undefined &&
      entry.class !== "refused" &&
      forbiddenAlways(asked, { method, effect: entry.effect }) !== undefined
    );
  };
  return {
    paused: rules.paused,
    read_only: rules.readOnly,
    methods_forbidden: METHOD_NAMES.filter(isForbidden),
    recipients: { allow: rules.recipients.allow?.length ?? null, deny: rules.recipients.deny.length },
    send_roots: rules.sendRoots.length,
    attachment_roots: file.attachmentRoots.length,
    media_max_bytes: rules.capBytes,
    sends: { per_hour: rules.sends.perHour ?? null, per_day: rules.sends.perDay ?? null },
    mistake: mistake === null ? null : { line: mistake.line, column: mistake.column },
  };
}
