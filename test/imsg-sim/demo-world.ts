import { ME, type Mac } from "./scenario.ts";

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;

/** A 1 x 1 pixel PNG, the smallest real picture. */
const PIXEL = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
  "base64",
);

/** The chats of the demo by what they are. */
export interface DemoWorld {
  readonly maya: string;
  readonly jonas: string;
  readonly bakery: string;
  readonly climbing: string;
}

/**
 * A Mac that has been lived on for a few days: two friends, a group with a picture, a reply and
 * tapbacks, a shop that writes by SMS. Every name is invented and every number is a 555 number.
 */
export function demoWorld(mac: Mac): DemoWorld {
  const start = Date.now() - 50 * HOUR_MS;
  const at = (hours: number, minutes = 0): { readonly date: number } => ({
    date: start + hours * HOUR_MS + minutes * MINUTE_MS,
  });
  const [maya, jonas, tess] = ["+15550100111", "jonas@example.com", "+15550100113"] as const;
  const withMaya = mac.dm(maya, "any");
  const withJonas = mac.dm(jonas);
  const bakery = mac.dm("+15550100177", "SMS");
  const climbing = mac.group("chat483920175500000001", [maya, jonas, tess], "Saturday climbing");

  mac.appendText(withMaya, maya, "Are you still up for Saturday?", at(1));
  mac.appendText(withMaya, ME, "Yes! I have the rope, you bring the coffee", at(1, 3));
  const deal = mac.appendText(withMaya, maya, "Deal ☕️", at(1, 4));
  mac.appendTapback(withMaya, ME, deal, "love", at(1, 5));

  const question = mac.appendText(climbing, tess, "North wall or the quarry?", at(20));
  mac.appendReply(climbing, jonas, question, "Quarry. It's in the shade until noon", at(20, 8));
  mac.appendFile(climbing, tess, "quarry.png", PIXEL, "like this last week", at(20, 9));
  const settled = mac.appendText(climbing, maya, "quarry it is, 9:30 at the car park", at(21, 30));
  mac.appendTapback(climbing, jonas, settled, "like", at(21, 31));
  mac.appendTapback(climbing, tess, settled, "custom", { emoji: "🧗", ...at(21, 40) });

  mac.appendText(bakery, "+15550100177", "Your order 4417 is ready. Reply STOP to opt out.", at(30));

  mac.appendText(withJonas, jonas, "did the invoice from Harbour & Lane arrive?", at(46));
  mac.appendText(withJonas, ME, "this morning, I'll forward it tonight", at(46, 12));
  mac.appendText(withJonas, jonas, "great, thank you", at(46, 13));
  return { maya: withMaya, jonas: withJonas, bakery, climbing };
}
