import { ChannelHttp } from "../client/channel.ts";
import { ClientError } from "../client/client-error.ts";
import { asking, type Asking } from "./asking.ts";
import { EXIT, type ExitCode } from "./exit-codes.ts";
import { harmless } from "./text-table.ts";

/** Takes back what still waits for the Mac. */
export const cancel = asking<{ readonly operation: string }>("cancel", {
  read: ({ words: [operation, ...others] }) =>
    operation === undefined || others.length > 0
      ? "cancel needs one operation; imsg-relay operations --state queued shows them"
      : { operation },
  run,
  scope: "send",
});

async function run({ operation }: { readonly operation: string }, ask: Asking): Promise<ExitCode> {
  try {
    const answer = await new ChannelHttp(ask.target).cancelOperation(operation);
    ask.say(ask.json ? JSON.stringify(answer) : `Taken back: ${harmless(answer.operation)} is not sent.`);
    return EXIT.done;
  } catch (error) {
    if (!(error instanceof ClientError) || error.code !== "conflict") throw error;
    throw new ClientError({
      code: "conflict",
      detail: `It waits no more: the Mac has it, or it is settled. imsg-relay operations ${operation} says which.`,
      status: error.status,
      requestId: error.requestId,
    });
  }
}
