import { ClientError } from "../client/client-error.ts";
import type { EndpointHealth } from "../client/webhook-shapes.ts";
import { asking, type Asking } from "./asking.ts";
import { EXIT, type ExitCode } from "./exit-codes.ts";
import { WebhooksPlace } from "./webhooks-place.ts";
import {
  describeAdded,
  describeAttempts,
  describeChanged,
  describeEndpoint,
  describeList,
  describeReplay,
  describeRotated,
  describeTest,
  describeWaiting,
} from "./webhooks-report.ts";
import { readWebhooksWish, type WebhooksWish } from "./webhooks-wish.ts";
import { harmless } from "./text-table.ts";

/** The endpoints that events are posted to. */
export const webhooks = asking<WebhooksWish>("webhooks", {
  read: (invocation) => readWebhooksWish(invocation, Date.now()),
  run,
  scope: "manage for the whole tenant, or for attempts, parked, resend and replay",
});

/** What is printed: for programs, each a line, and for people. */
interface Said {
  readonly answers: readonly unknown[];
  readonly lines: readonly string[];
  readonly exit?: ExitCode;
}

async function run(wish: WebhooksWish, ask: Asking): Promise<ExitCode> {
  const place = new WebhooksPlace(ask, wish.tenant);
  const { answers, lines, exit = EXIT.done } = await perform(wish, place, ask);
  if (ask.json) for (const answer of answers) ask.say(JSON.stringify(answer));
  else for (const line of lines) ask.say(line);
  return exit;
}

async function perform(wish: WebhooksWish, place: WebhooksPlace, ask: Asking): Promise<Said> {
  const { endpoints } = place;
  switch (wish.verb) {
    case "list": {
      const list = await endpoints.list(await place.tenant());
      return { answers: list, lines: describeList(list, ask.columns) };
    }
    case "add":
      return said(await endpoints.create(await place.tenant(), wish.wish), describeAdded);
    case "test":
    case "attempts":
    case "parked":
    case "resend":
    case "replay":
      return performInAccount(wish, place, ask);
    default: {
      // The tenant first: what is ambiguous or not there is said before anything is done.
      const tenant = await place.tenant();
      return performOnOne(wish, place, ask, tenant, await place.endpoint(wish.endpoint));
    }
  }
}

type OnOne = Extract<
  WebhooksWish,
  { verb: "show" | "pause" | "resume" | "remove" | "secret" | "set" | "rotate" }
>;

async function performOnOne(
  wish: OnOne,
  place: WebhooksPlace,
  { target }: Asking,
  tenant: string,
  endpoint: string,
): Promise<Said> {
  const { endpoints } = place;
  switch (wish.verb) {
    case "show": {
      const shown = await endpoints.show(tenant, endpoint);
      const health = await healthOf(place, endpoint, target.account);
      return { answers: [{ ...shown, health: health ?? null }], lines: describeEndpoint(shown, health) };
    }
    case "set":
      return said(await endpoints.change(tenant, endpoint, wish.change), describeChanged("Changed"));
    case "pause":
      return said(await endpoints.pause(tenant, endpoint), describeChanged("Paused; what comes waits"));
    case "resume":
      return said(await endpoints.resume(tenant, endpoint), describeChanged("Resumed, where it was"));
    case "remove":
      return said(await endpoints.remove(tenant, endpoint), describeChanged("Removed"));
    case "rotate":
      return said(await endpoints.rotate(tenant, endpoint, wish.secret), describeRotated);
    case "secret": {
      const answer = await endpoints.secretOf(tenant, endpoint);
      if (answer.secret !== "") return said(answer, ({ secret }) => [harmless(secret)]);
      const detail = "The relay cannot read this secret any more: rotate it";
      throw new ClientError({ code: "gone", detail, status: null, requestId: null });
    }
    default:
      return wish satisfies never;
  }
}

/** A key that is not for the account leaves it out, as does an endpoint that does not concern it. */
async function healthOf(
  place: WebhooksPlace,
  endpoint: string,
  account: string,
): Promise<EndpointHealth | undefined> {
  try {
    return (await place.ofAccount(account).health(account)).find((one) => one.endpoint === endpoint);
  } catch (error) {
    if (!(error instanceof ClientError)) throw error;
    return undefined;
  }
}

type InAccount = Extract<WebhooksWish, { verb: "test" | "attempts" | "parked" | "resend" | "replay" }>;

async function performInAccount(wish: InAccount, place: WebhooksPlace, ask: Asking): Promise<Said> {
  const account = wish.account ?? ask.target.account;
  if (wish.verb === "test") {
    const tenant = await place.tenant();
    const answer = await place.endpoints.test(tenant, await place.endpoint(wish.endpoint), wish.account);
    return { ...said(answer, describeTest), exit: answer.delivered ? EXIT.done : EXIT.failed };
  }
  const endpoint = await place.endpointIn(account, wish.endpoint);
  const client = place.ofAccount(account);
  switch (wish.verb) {
    case "attempts": {
      const list = await client.attempts(account, endpoint, wish.limit);
      return { answers: list, lines: describeAttempts(list, ask.columns) };
    }
    case "parked": {
      const waiting = await client.parked(account, endpoint);
      return said(waiting, () => describeWaiting(waiting, ask.columns));
    }
    case "resend":
      return said(await client.resend(account, endpoint, wish.event), () => [
        `${wish.event} is sent once more, under the same webhook-id.`,
      ]);
    case "replay":
      return said(await client.replay(account, endpoint, wish.from), (replayed) =>
        describeReplay(wish.from, replayed),
      );
    default:
      return wish satisfies never;
  }
}

const said = <T>(answer: T, describe: (answer: T) => readonly string[]): Said => ({
  answers: [answer],
  lines: describe(answer),
});
