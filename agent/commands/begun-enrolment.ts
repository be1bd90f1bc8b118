// What an enrolment leaves before it claims its code, so that one that was ended in the middle is finished by the same
// link: a claim is answered again to the same key (ENR3).
import { createHash } from "node:crypto";
import { rmSync } from "node:fs";
import path from "node:path";
import * as z from "zod";
import { readText, writeDurable, type ProfileFiles } from "../node/home.ts";
import type { EnrolmentLink } from "./enrolment-link.ts";
import { makeKeyPair } from "./key-pair.ts";

const begunSchema = z.object({ link: z.string(), private_key: z.string(), takeover: z.boolean() });
/** What was agreed to, and the key it was, or is, claimed with. */
export type Begun = Pick<z.infer<typeof begunSchema>, "private_key" | "takeover">;

const fileOf = ({ folder }: ProfileFiles): string => path.join(folder, "joining.json");
/** The code itself is in no file. */
const nameOf = ({ origin, code }: EnrolmentLink): string =>
  createHash("sha256").update(`${origin}#${code}`).digest("hex");

/** Undefined where this link was not agreed to on this Mac, or is done with. */
export function readBegun(files: ProfileFiles, link: EnrolmentLink): Begun | undefined {
  try {
    const begun = begunSchema.parse(JSON.parse(readText(fileOf(files)) ?? ""));
    return begun.link === nameOf(link) ? begun : undefined;
  } catch {
    return undefined;
  }
}

export function begin(files: ProfileFiles, link: EnrolmentLink, takeover: boolean): Begun {
  const begun = { private_key: makeKeyPair().privatePem, takeover };
  writeDurable(fileOf(files), `${JSON.stringify({ link: nameOf(link), ...begun })}\n`);
  return begun;
}

export const forget = (files: ProfileFiles): void => rmSync(fileOf(files), { force: true });
