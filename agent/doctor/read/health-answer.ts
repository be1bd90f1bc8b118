// What a relay says at /v1/health (DOC1). Older ones say neither the time nor what they speak.
import * as z from "zod";
import { parseJson } from "../../../shared/json.ts";

const healthAnswer = z.looseObject({
  ok: z.literal(true),
  version: z.string().max(100),
  time: z.number().optional().catch(undefined),
  protocols: z.array(z.int()).min(1).optional().catch(undefined),
});
export type HealthAnswer = z.infer<typeof healthAnswer>;

/** Undefined = whoever answered is no relay. */
export function readHealthAnswer({
  status,
  text,
}: {
  status: number;
  text: string;
}): HealthAnswer | undefined {
  const json = status === 200 ? parseJson(text) : undefined;
  return json?.ok === true ? healthAnswer.safeParse(json.value).data : undefined;
}
