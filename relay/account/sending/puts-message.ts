/** Whether such a mutation puts a message into a chat, so that Messages shows a row of it; an edit shows none. */
export const putsMessage = (method: string): boolean =>
  /^(?:send(?:\.|$)|poll\.send$|chats\.create$)/.test(method);
