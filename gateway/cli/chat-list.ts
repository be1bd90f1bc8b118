import * as z from "zod";
import { chatSchema, chatsSchema } from "../../shared/imsg.ts";
import type { AccountTarget } from "../client/account.ts";
import { readRpc } from "./rpc-read.ts";

const optional = z.string().optional().catch(undefined);

/** What is shown of a chat; names as imsg gives them. */
const shownChatSchema = chatSchema.extend({
  service: z.string().catch(""),
  last_message_at: z.string().catch(""),
  display_name: optional,
  contact_name: optional,
  unread_count: z.number().optional().catch(undefined),
});
export type ShownChat = z.infer<typeof shownChatSchema>;

const listSchema = chatsSchema.extend({
  stale: z.boolean().catch(false),
  noted_at: z.number().optional().catch(undefined),
});

interface ChatListing {
  /** As imsg says them. */
  readonly raw: readonly unknown[];
  readonly chats: readonly ShownChat[];
  /** The Mac is away, and this is how it was then; null = fresh. */
  readonly staleSince: number | undefined | null;
}

/** Newest first. */
export async function listChats(target: AccountTarget, limit: number): Promise<ChatListing> {
  const { chats: raw, stale, noted_at } = await readRpc(target, "chats.list", { limit }, listSchema);
  const chats = raw.flatMap((one) => shownChatSchema.safeParse(one).data ?? []);
  return { raw, chats, staleSince: stale ? noted_at : null };
}

/** Direct chats have no name of their own: then it is whom they are with. */
export const nameOf = ({ display_name, contact_name, name, ...chat }: ShownChat): string =>
  display_name || contact_name || name || peopleIn(chat);

export const peopleIn = ({
  participants,
  identifier,
}: Pick<ShownChat, "participants" | "identifier">): string =>
  participants.length === 0 ? identifier : participants.join(", ");
