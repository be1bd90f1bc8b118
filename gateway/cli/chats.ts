import { MAX_CACHED_CHATS } from "../limits.ts";
import { asking, type Asking } from "./asking.ts";
import { listChats, nameOf, peopleIn, type ShownChat } from "./chat-list.ts";
import { EXIT, type ExitCode } from "./exit-codes.ts";
import { localTime } from "../../shared/terminal/local-time.ts";
import { countOf } from "./options.ts";
import { textTable } from "./text-table.ts";

/** As imsg. */
const DEFAULT_LIMIT = 20;

export const chats = asking<{ readonly limit: number }>("chats", {
  read: (invocation) => {
    if (invocation.words.length > 0) return "chats takes no words";
    const limit = countOf(invocation, "--limit", MAX_CACHED_CHATS, DEFAULT_LIMIT);
    return typeof limit === "string" ? limit : { limit };
  },
  run: show,
  scope: "rpc",
});

async function show({ limit }: { readonly limit: number }, ask: Asking): Promise<ExitCode> {
  const { raw, chats: list, staleSince } = await listChats(ask.target, limit);
  if (staleSince !== null) {
    const when = staleSince === undefined ? "before" : `at ${localTime(staleSince)}`;
    ask.note(`the Mac is not connected; this is the list as it was ${when}.`);
  }
  if (ask.json) for (const chat of raw) ask.say(JSON.stringify(chat));
  else if (list.length === 0) ask.note("there are no chats.");
  else for (const line of table(list, ask.columns)) ask.say(line);
  return EXIT.done;
}

function table(list: readonly ShownChat[], columns: number | undefined): string[] {
  const hasUnread = list.some(({ unread_count = 0 }) => unread_count > 0);
  const head = ["ID", "NAME", "WITH", "LAST MESSAGE", "SERVICE", ...(hasUnread ? ["UNREAD"] : [])];
  const rows = list.map((chat) => {
    const name = nameOf(chat);
    const people = peopleIn(chat);
    const last = Date.parse(chat.last_message_at);
    return [
      String(chat.id),
      name,
      people === name ? "" : people,
      Number.isNaN(last) ? "" : localTime(last),
      chat.service,
      ...(hasUnread ? [String(chat.unread_count || "")] : []),
    ];
  });
  return textTable(head, rows, { columns, elastic: [1, 2] });
}
