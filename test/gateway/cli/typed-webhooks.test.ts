// What is typed after `webhooks` and `listen`.
import { describe, expect, test } from "vitest";
import { readInvocation, type Invocation } from "../../../gateway/cli/invocation.ts";
import { COMMANDS } from "../../../gateway/cli/table.ts";
import { readListenWish } from "../../../gateway/cli/listen-wish.ts";
import { readWebhooksWish } from "../../../gateway/cli/webhooks-wish.ts";

const NOW = 1_700_000_000_000;
const typed = (...argv: string[]): Invocation => readInvocation(argv, (name) => COMMANDS.get(name));

describe("webhooks", () => {
  test.each([
    [[], "needs an action: list, add"],
    [["frobnicate"], 'knows no "frobnicate"'],
    [["add"], "needs the URL"],
    [["add", "https://a.example", "--since", "2h"], "add takes no --since"],
    [["add", "https://a.example", "--secret", "hunter2"], "--secret needs a signing secret"],
    [["add", "https://a.example", "--account", "work"], "--account needs the id"],
    [["add", "https://a.example", "--kinds", ","], "--kinds needs kinds"],
    [["show"], "show needs an endpoint"],
    [["list", "all"], "takes nothing more"],
    [["pause", "a", "b"], "b is too much"],
    [["set", "a"], "needs something to change"],
    [["set", "a", "--replies", "--no-replies"], "say the opposite"],
    [["resend", "a"], "the id of an event"],
    [["replay", "a"], "needs --since TIME or --after EVENT"],
    [["replay", "a", "--since", "yesterday"], "--since is how long ago"],
    [["replay", "a", "--after", "7"], "--after is the id of an event"],
    [["attempts", "a", "--limit", "0"], "--limit needs"],
    [["list", "--tenant", "x"], "--tenant needs the id"],
  ])("%j is misuse", async (argv, why) => {
    expect(await readWebhooksWish(typed("webhooks", ...argv), NOW)).toContain(why);
  });
});

describe("listen", () => {
  const listen = (...argv: string[]) => readListenWish(typed("listen", ...argv));

  test("a receiver is an address of this machine, a port of it, or https; its place is named by the port", async () => {
    const places = [
      "3000",
      "http://localhost:3000/hook",
      "http://[::1]:3000",
      "https://bot.example.com/hook",
    ];
    const wishes = await Promise.all(places.map((to) => listen("--forward", to)));
    expect(wishes).toMatchObject([
      { url: "http://127.0.0.1:3000/", consumer: "listen-3000", replies: false },
      { url: "http://localhost:3000/hook", consumer: "listen-3000" },
      { url: "http://[::1]:3000/", consumer: "listen-3000" },
      { url: "https://bot.example.com/hook", consumer: "listen-443" },
    ]);
  });

  test.each([
    [[], "needs --forward"],
    [["--forward", "3000", "now"], "takes no words"],
    [["--forward", "nowhere"], "needs an address such as"],
    [["--forward", "99999"], "needs an address such as"],
    [["--forward", "ftp://127.0.0.1"], "http or https"],
    [["--forward", "http://192.168.1.7:3000"], "needs https, or this machine"],
    [["--forward", "http://me:pw@127.0.0.1"], "no user name or password"],
    [["--forward", "3000", "--kinds", "Message"], "--kinds are such as"],
    [["--forward", "3000", "--after", "7"], "--after is the id of an event"],
    [["--forward", "3000", "--secret", "whsec_short"], "--secret: a secret"],
  ])("%j is misuse", async (argv, why) => {
    expect(await listen(...argv)).toContain(why);
  });
});
