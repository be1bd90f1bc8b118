// Whose turn it is: mutations of one chat go one after the other in the order in which they were given, those of
// different chats beside one another. One whose chat is not known could be any chat's: it goes alone.
export interface InTurn {
  /** One name a chat; undefined = it may concern any. */
  readonly chat: string | undefined;
  readonly running: boolean;
}

/** Those that may go now, first come first; `list` holds all that are under way or wait, in the order given. */
export function inTurn<T extends InTurn>(list: readonly T[]): T[] {
  const ready: T[] = [];
  const taken = new Set<string>();
  for (const [at, one] of list.entries()) {
    if (one.chat === undefined) {
      if (at === 0 && !one.running) ready.push(one);
      break;
    }
    if (!one.running && !taken.has(one.chat)) ready.push(one);
    taken.add(one.chat);
  }
  return ready;
}
