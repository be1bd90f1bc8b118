// What `imsg-relay listen …` was asked to do.
import { isLoopback } from "../node/loopback.ts";
import type { Invocation } from "./invocation.ts";
import { afterOf, kindsOf, valueOf } from "./options.ts";
import { signingSecretOf } from "./signing-secret-option.ts";

export interface ListenWish {
  readonly url: string;
  /** Under which the relay keeps the place. */
  readonly consumer: string;
  readonly kinds: readonly string[] | undefined;
  readonly after: string | undefined;
  /** Undefined = the profile's own. */
  readonly secret: string | undefined;
  readonly replies: boolean;
}

export async function readListenWish(invocation: Invocation): Promise<ListenWish | string> {
  if (invocation.words.length > 0) return "listen takes no words; the receiver is named by --forward";
  const text = valueOf(invocation, "--forward");
  if (text === undefined) return "listen needs --forward http://127.0.0.1:PORT";
  const url = receiverOf(text);
  if (typeof url === "string") return url;
  const choice = kindsOf(invocation);
  if (typeof choice === "string") return choice;
  const place = afterOf(invocation);
  if (typeof place === "string") return place;
  const given = await signingSecretOf(invocation);
  if ("why" in given) return given.why;
  const port = url.port || (url.protocol === "https:" ? "443" : "80");
  const replies = invocation.options.has("--replies");
  return { url: url.href, consumer: `listen-${port}`, ...choice, ...place, ...given, replies };
}

/** A port alone is one of this machine. */
function receiverOf(text: string): URL | string {
  const written = /^\d{1,5}$/.test(text) ? `http://127.0.0.1:${text}` : text;
  const quoted = JSON.stringify(text);
  if (!URL.canParse(written))
    return `--forward needs an address such as http://127.0.0.1:3000/hook, not ${quoted}`;
  const url = new URL(written);
  if (url.protocol !== "http:" && url.protocol !== "https:")
    return `--forward needs http or https, not ${quoted}`;
  if (url.username !== "" || url.password !== "") return "--forward takes no user name or password";
  // Messages would go over the network in the clear.
  if (url.protocol === "http:" && !isLoopback(url.href))
    return `--forward needs https, or this machine, not ${quoted}`;
  return url;
}
