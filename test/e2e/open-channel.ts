// Lets everybody into the channel: every message of every chat is shown, groups without a mention and tapbacks too.
import { http } from "./http.ts";

export const EVERYBODY = {
  dmPolicy: "open",
  allowFrom: ["*"],
  groupPolicy: "open",
  groupAllowFrom: ["*"],
  groups: { "*": { requireMention: false } },
  reactionNotifications: "all",
} as const;

/** Resolves when the account judges by it. `accountUrl` = `/v1/accounts/{account}` of a relay. */
export async function openChannel(
  { accountUrl, key }: { readonly accountUrl: string; readonly key: string },
  settings: Readonly<Record<string, unknown>> = EVERYBODY,
): Promise<void> {
  const answer = await http(`${accountUrl}/config`, { method: "PATCH", key, body: settings });
  if (answer.status !== 200) throw new Error(`HTTP ${answer.status}: ${answer.text.slice(0, 300)}`);
}
