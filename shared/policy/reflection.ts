// Traces of an agent's inner workings in an incoming text: what we or another bot sent has come back
// (openclaw-imessage-channel.md §6.4). All patterns are bounded, so that a long text costs one pass.
import { withoutCode } from "../markdown-fences.ts";

const TRACES: readonly RegExp[] = [
  /#\+#\+/,
  /\bassistant\s{1,8}to\s{0,8}=\s{0,8}\w/i,
  /<\s{0,8}\/?\s{0,8}(?:antml:)?(?:think(?:ing)?|thought|antthinking)\b[^<>]{0,200}>/i,
  /<\s{0,8}\/?\s{0,8}relevant[-_]memories\b[^<>]{0,200}>/i,
  /<\s{0,8}\/?\s{0,8}final\b[^<>]{0,200}>/i,
  /\bACP error \(ACP_[A-Z0-9_]{1,64}\):/,
  /\bMissing API key for [^\n]{1,200}? on the gateway\b/i,
];

/** Quoted in code it is talk about an agent, not by one. */
export function isReflection(text: string): boolean {
  if (!TRACES.some((trace) => trace.test(text))) return false;
  const spoken = withoutCode(text);
  return TRACES.some((trace) => trace.test(spoken));
}
