// The enrolment link and its claim over HTTP, without a word on the terminal.
import { generateKeyPairSync } from "node:crypto";
import { request as httpRequest, type Agent } from "node:http";
import { request as httpsRequest } from "node:https";
import * as z from "zod";
import { MAX_ADMIN_BODY_BYTES } from "../../shared/limits.ts";
import { err, ok, type Result } from "../../shared/result.ts";
import { isSafeOrigin } from "../node/origin.ts";

const CLAIM_MS = 20_000;

interface EnrolmentLink {
  readonly origin: string;
  readonly code: string;
}

/** `https://relay.example.com#enr_…`. Plain http is for this machine only: the code is a secret. */
export function readEnrolmentLink(text: string): Result<EnrolmentLink, string> {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    return err("the enrolment link must look like https://relay.example.com#enr_…");
  }
  const code = url.hash.slice(1);
  if (!/^enr_[0-9a-zA-Z]{20,200}$/.test(code)) {
    return err(
      "the link has no enrolment code: it ends in #enr_…; put it in quotes, so that the shell leaves the # alone",
    );
  }
  // They would be sent in the clear to whatever proxy is between, and are no part of an enrolment.
  if (url.username !== "" || url.password !== "")
    return err("the link must not hold a user name or password");
  if (!isSafeOrigin(url.origin)) {
    return err("the relay's address must begin with https://; plain http is for this machine only");
  }
  return ok({ origin: url.origin, code });
}

interface KeyPair {
  readonly privatePem: string;
  /** The raw 32 bytes, base64. */
  readonly publicKey: string;
}

export function makeKeyPair(): KeyPair {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  // The last 32 bytes of the SPKI form are the key itself (RFC 8410).
  const raw = publicKey.export({ type: "spki", format: "der" }).subarray(-32);
  return {
    privatePem: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    publicKey: raw.toString("base64"),
  };
}

const claimedSchema = z.object({
  account: z.string().min(1),
  tenant: z.string().min(1),
  install: z.string().min(1),
});
type Claimed = z.infer<typeof claimedSchema>;
const problemSchema = z.object({
  code: z.string().catch(""),
  detail: z.string().optional().catch(undefined),
});

/** The error is a sentence for the terminal. */
export async function claim(
  { origin, code }: EnrolmentLink,
  body: { public_key: string; name: string },
  agent: Agent | undefined,
): Promise<Result<Claimed, string>> {
  const sent = await post(`${origin}/v1/enrolments/claim`, JSON.stringify({ code, ...body }), agent);
  if (!sent.ok) return sent;
  const { status, text } = sent.value;
  const value = parse(text);
  if (status === 200 || status === 201) {
    const claimed = claimedSchema.safeParse(value);
    return claimed.success
      ? ok(claimed.data)
      : err("the relay's answer is not understood; is this the address of a relay?");
  }
  return err(refusalInWords(status, problemSchema.safeParse(value).data?.code ?? ""));
}

/** The relay's own sentences are for programs; a code that does not work has one remedy. */
function refusalInWords(status: number, code: string): string {
  if (code === "gone" || status === 410) return "this enrolment code was used or has expired; make a new one";
  if (code === "not_found" || status === 404)
    return "the relay does not know this enrolment code; it works once and for 10 minutes, make a new one";
  if (status === 401 || status === 403)
    return "the relay does not accept this enrolment code; make a new one";
  if (status === 429) return "the relay is asked too often; wait a minute and try again";
  if (status >= 500) return `the relay failed (HTTP ${status}); try again`;
  return `the relay refused the enrolment (HTTP ${status}${code === "" ? "" : `, ${code}`})`;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** node:http and not fetch: fetch cannot be given the proxy's agent. */
function post(
  url: string,
  body: string,
  agent: Agent | undefined,
): Promise<Result<{ status: number; text: string }, string>> {
  return new Promise((resolve) => {
    const unreachable = (why: string): void => resolve(err(`the relay cannot be reached (${why})`));
    const make = url.startsWith("https:") ? httpsRequest : httpRequest;
    const request = make(
      url,
      {
        method: "POST",
        headers: { "content-type": "application/json", "content-length": Buffer.byteLength(body) },
        timeout: CLAIM_MS,
        ...(agent === undefined ? {} : { agent }),
      },
      (response) => {
        let text = "";
        response.setEncoding("utf8");
        response.on("data", (piece: string) => {
          text += piece;
          if (text.length > MAX_ADMIN_BODY_BYTES) request.destroy(new Error("answer too long"));
        });
        response.on("end", () => resolve(ok({ status: response.statusCode ?? 0, text })));
      },
    );
    request.on("timeout", () => request.destroy(new Error("no answer in time")));
    request.on("error", (error: NodeJS.ErrnoException) => unreachable(error.code ?? error.message));
    request.end(body);
  });
}
