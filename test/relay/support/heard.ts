// Which frames the objects have handled. The pool's wrapper awaits before it hands a frame to its object, so on a busy
// machine two frames of one socket may change places: a test whose point is their order waits in between.
import { AccountObject } from "../../../relay/account/object.ts";

const counts = new Map<string, { sent: number; heard: number }>();

function countOf(text: string): { sent: number; heard: number } {
  const count = counts.get(text) ?? { sent: 0, heard: 0 };
  counts.set(text, count);
  return count;
}

export const noteSent = (text: string): void => void (countOf(text).sent += 1);
export const isHeard = (text: string): boolean => countOf(text).heard >= countOf(text).sent;
export const wasHeard = (text: string): boolean => countOf(text).heard > 0;

const handle = Reflect.get(AccountObject.prototype, "webSocketMessage");
AccountObject.prototype.webSocketMessage = function (ws, message): Promise<void> {
  const handled = handle.call(this, ws, message);
  if (typeof message === "string") countOf(message).heard += 1;
  return handled;
};
