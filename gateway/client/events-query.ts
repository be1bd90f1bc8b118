import { accountPath } from "./account.ts";

/** Which events, and from where (EVT3, EVT8, EVT9). */
export interface EventsWish {
  /** An event's id (exclusive), `tail` or `beginning`. */
  readonly after?: string | undefined;
  /** A name under which the relay keeps the place: 1 to 64 of A-Z a-z 0-9 - _. */
  readonly consumer?: string | undefined;
  /** Kinds, or families such as `message.*`; absent = all. */
  readonly kinds?: readonly string[] | undefined;
  /** Chat keys; absent = all. Events without a chat are always shown. */
  readonly chats?: readonly string[] | undefined;
}

type Value = string | number | undefined;

/** `path?a=1&b=2`, without what is undefined. */
export function withQuery(path: string, values: Readonly<Record<string, Value>>): string {
  const pairs = Object.entries(values).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}=${encodeURIComponent(value)}`],
  );
  return pairs.length === 0 ? path : `${path}?${pairs.join("&")}`;
}

/** The door of the events of an account, with everything that was wished. */
export function eventsPath(
  account: string,
  { after, consumer, kinds, chats }: EventsWish,
  more: Readonly<Record<string, Value>> = {},
): string {
  const lists = { kinds: kinds?.join(","), chats: chats?.join(",") };
  return withQuery(accountPath(account, "events"), { after, consumer, ...lists, ...more });
}
