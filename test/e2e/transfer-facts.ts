// What the tests of transfers ask a relay again and again.
import * as z from "zod";
import { http } from "./http.ts";
import { until } from "./waiting.ts";

const countsSchema = z.object({ open: z.int(), waiting: z.int() });
export type TransferCounts = z.infer<typeof countsSchema>;

const statusSchema = z.looseObject({ transfers: countsSchema });
const pageSchema = z.object({
  events: z.array(
    z.looseObject({
      data: z.looseObject({
        message: z.looseObject({ attachments: z.array(z.looseObject({ attachment: z.string() })) }),
      }),
    }),
  ),
});

export async function transfersOf(accountUrl: string, key: string): Promise<TransferCounts> {
  const answer = await http(`${accountUrl}/status`, { key });
  return statusSchema.parse(answer.json()).transfers;
}

/** The name of the first file that was shown in the channel, once there is one. */
export function firstReference(accountUrl: string, key: string): Promise<string> {
  return until(
    async () => {
      const page = await http(`${accountUrl}/events?after=beginning&kinds=message.received`, { key });
      const { events } = pageSchema.parse(page.json());
      return events[0]?.data.message.attachments[0]?.attachment;
    },
    "a file is shown",
    15_000,
  );
}
