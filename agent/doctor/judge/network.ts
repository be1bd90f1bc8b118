// The way to the relay, and what it says of this agent.
import { LINK_PROTOCOL } from "../../../shared/frames.ts";
import { CLOSE, type InstallEnd } from "../../../shared/close.ts";
import { assertNever } from "../../../shared/result.ts";
import { durationInWords } from "../../../shared/terminal/progress-words.ts";
import { CLOCK_FAR_MS, CLOCK_OFF_MS, LINK_DOWN_LONG_MS } from "../../limits.ts";
import { closeInWords } from "../../link-words.ts";
import type { AgentFacts, AskFacts, KnockFacts, ProofFacts } from "../facts.ts";
import { broken, fine, quoted, run, say, skipped, warning, type Step, type Verdict } from "../verdict.ts";
import { readHealthAnswer } from "../read/health-answer.ts";

const CERTIFICATES: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: "its certificate has expired",
  CERT_NOT_YET_VALID: "its certificate is not valid yet",
  DEPTH_ZERO_SELF_SIGNED_CERT: "its certificate is signed by itself",
  SELF_SIGNED_CERT_IN_CHAIN: "its certificate comes from an authority that this Mac's Node does not know",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "its certificate comes without the one that signed it",
  UNABLE_TO_GET_ISSUER_CERT: "its certificate comes without the one that signed it",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    "its certificate comes from an authority that this Mac's Node does not know",
  ERR_TLS_CERT_ALTNAME_INVALID: "its certificate is for another name",
};
const DATED = new Set(["CERT_HAS_EXPIRED", "CERT_NOT_YET_VALID"]);
const NO_TLS = new Set(["EPROTO", "ERR_SSL_WRONG_VERSION_NUMBER", "ERR_SSL_PACKET_LENGTH_TOO_LONG"]);

const PROXY_STEPS: readonly Step[] = [
  say("Set it right, or except the relay from it, where the agent is started:"),
  run("export HTTPS_PROXY=http://proxy.example.com:3128"),
  run("export NO_PROXY=RELAY_HOST"),
];

export function judgeRelay(facts: AskFacts, relay: string): Verdict {
  const { host, hostname, port } = new URL(relay);
  const { proxy } = facts;
  const via = proxy === null ? [] : [`by the proxy ${proxy}`];
  const proxySteps = PROXY_STEPS.map((step) =>
    "run" in step ? run(step.run.replace("RELAY_HOST", () => quoted(hostname))) : step,
  );
  switch (facts.kind) {
    case "proxy_refused":
      return broken(
        facts.status === 407
          ? `the proxy ${proxy} wants a name and a password (407)`
          : `the proxy ${proxy} refuses ${host} (${facts.status})`,
        {
          why: "HTTPS_PROXY names it, and everything to the relay goes through it.",
          remedy:
            facts.status === 407
              ? [say("Put them into its address:"), run("export HTTPS_PROXY=http://NAME:PASSWORD@HOST:PORT")]
              : proxySteps,
        },
      );
    case "failed":
      if (facts.atProxy)
        return broken(`the proxy ${proxy} cannot be reached (${facts.code})`, {
          why: "HTTPS_PROXY names it.",
          remedy: proxySteps,
        });
      return judgeFailure(facts.code, host, hostname, port, via);
    case "answered": {
      const health = readHealthAnswer(facts);
      if (health !== undefined)
        return fine(`${host}, in ${Math.round(facts.tookMs)} ms`, [`relay ${health.version}`, ...via]);
      const elsewhere = facts.location === null ? "" : `, and points to ${safeHost(facts.location)}`;
      if (facts.status >= 500)
        return broken(`${host} fails (HTTP ${facts.status})`, {
          remedy: [say("Its operator must look; the agent tries again by itself.")],
          detail: via,
        });
      return broken(`what answers at ${host} is no relay (HTTP ${facts.status}${elsewhere})`, {
        why: "The address is another one's, or a network that wants a login (a hotel, a guest network) answers in its place.",
        remedy: [
          say('Open it in a browser on this Mac; a relay says {"ok":true}:'),
          run(`open ${quoted(`${relay}/v1/health`)}`),
        ],
        detail: via,
      });
    }
    default:
      return assertNever(facts);
  }
}

const safeHost = (location: string): string => {
  try {
    return new URL(location).host || "itself";
  } catch {
    return "nowhere";
  }
};

function judgeFailure(
  code: string,
  host: string,
  hostname: string,
  port: string,
  detail: readonly string[],
): Verdict {
  const certificate = CERTIFICATES[code];
  if (certificate !== undefined) {
    return broken(`${host}: ${certificate}`, {
      why: DATED.has(code)
        ? "Or this Mac's clock is wrong."
        : "Or something between (a company's proxy, a virus scanner) reads along; then its authority must be known to Node.",
      remedy: [
        say(
          DATED.has(code)
            ? "Compare the date, then ask the relay's operator to renew it:"
            : "Ask whose it is; where it is your company's, name its authority:",
        ),
        run(DATED.has(code) ? "date" : "export NODE_EXTRA_CA_CERTS=/path/to/authority.pem"),
      ],
      detail,
    });
  }
  if (NO_TLS.has(code))
    return broken(`${host} does not speak TLS`, {
      why: "Something else listens there, or a proxy answers in its place.",
      remedy: [say("Check the relay's address; enrol again if it changed.")],
      detail,
    });
  switch (code) {
    case "ENOTFOUND":
      return broken(`the name ${hostname} is not known`, {
        why: "The address is misspelt or gone, or DNS does not work here.",
        remedy: [run(`dscacheutil -q host -a name ${quoted(hostname)}`)],
        detail,
      });
    case "EAI_AGAIN":
      return broken("DNS does not answer: this Mac is perhaps offline", {
        remedy: [run("scutil --dns | head"), say("System Settings > Network.")],
        detail,
      });
    case "ECONNREFUSED":
      return broken(`${host} refuses connections`, {
        why: "The relay does not run there, or on another port.",
        remedy: [say("Ask its operator; on a box of your own: npm run serve.")],
        detail,
      });
    default: {
      const at = port === "" ? "443" : port;
      return broken(`${host} cannot be reached (${code})`, {
        why: "No network, or a firewall between.",
        remedy: [
          run(`nc -vz -w 5 ${quoted(hostname)} ${at}`),
          say("System Settings > Network; a filter such as Little Snitch must let Node out."),
        ],
        detail,
      });
    }
  }
}

export function judgeClock(facts: AskFacts): Verdict {
  if (facts.kind !== "answered" || facts.skewMs === null) return skipped("the relay does not say the time");
  const off = Math.abs(facts.skewMs);
  const remedy = [
    say("System Settings > General > Date & Time > Set time and date automatically, or at once:"),
    run("sudo sntp -sS time.apple.com"),
  ];
  const words = `${durationInWords(Math.round(off / 1_000))} ${facts.skewMs > 0 ? "behind" : "ahead of"} the relay`;
  if (off < CLOCK_OFF_MS) return fine("right");
  const why = "What arrives is told late or early, and counts as old where it is not.";
  if (off < CLOCK_FAR_MS) return warning(words, { why, remedy });
  return broken(words, { why: `${why} Certificates fail, too.`, remedy });
}

/** `knock` undefined = nobody knocked, because the agent is connected. */
export function judgeLink(knock: KnockFacts | undefined): Verdict {
  if (knock === undefined) return fine("the agent is connected");
  switch (knock.kind) {
    case "challenged":
      return fine("WebSockets get through");
    case "silent":
      return broken("a WebSocket opens, and nothing comes through it", { why: BLOCKED, remedy: LET_THROUGH });
    case "failed":
      return broken(`a WebSocket cannot be opened (${knock.code}), though the relay answers`, {
        why: BLOCKED,
        remedy: LET_THROUGH,
      });
    case "refused":
      if (knock.status === 404)
        return broken("the relay does not know this account", {
          why: "It was deleted, or this is another relay than the one it was made at.",
          remedy: ENROL_AGAIN,
        });
      if (knock.status === 429)
        return warning("too many connections wait at this account", {
          remedy: [say("Wait a minute, and run this again.")],
        });
      if (knock.status === 403)
        return broken("the relay does not let this account in (403)", {
          why: "The account is paused, or its tenant suspended; whoever manages it can resume it.",
          remedy: ASK_OPERATOR,
        });
      return broken(`a WebSocket is refused (HTTP ${knock.status})`, { why: BLOCKED, remedy: LET_THROUGH });
    default:
      return assertNever(knock);
  }
}

const BLOCKED = "A proxy or firewall between lets requests through, and WebSockets not.";
const LET_THROUGH = [
  say("Ask whoever runs it to let WebSockets through to the relay's host (Upgrade: websocket, on port 443)."),
];
const ENROL = "imsg-relay-agent enroll 'URL#CODE'";
const ENROL_AGAIN = [
  say("Make a new enrolment code at the relay, and enrol again:"),
  run(`${ENROL} --force`),
];
const ASK_OPERATOR = [say("Ask the relay's operator; the agent tries again every 5 minutes.")];

export const isLive = (agent: AgentFacts): boolean => agent.kind === "running" && agent.link.state === "live";

const TAKEN = closeInWords(CLOSE.replaced, "");

/** `proof` undefined = nobody asked, because the agent is connected. */
export function judgeEnrolment(agent: AgentFacts, proof: ProofFacts | undefined, now: number): Verdict {
  if (proof === undefined) return fine("this Mac serves the account");
  if (agent.kind === "running" && agent.link.problem?.startsWith(TAKEN) === true) {
    return broken("another Mac serves this account", {
      why: "Only one can at a time; the relay keeps the one that is there.",
      remedy: [
        say("Stop the other one; or stop this one, and take the account over:"),
        run("imsg-relay-agent run --takeover"),
      ],
    });
  }
  switch (proof.kind) {
    case "known":
      if (agent.kind !== "running" || agent.link.problem === null) return fine("the relay knows this Mac");
      return (now - agent.link.since > LINK_DOWN_LONG_MS ? broken : warning)(
        "the relay knows this Mac, and its agent is not connected",
        {
          why: capitalised(agent.link.problem),
          remedy: [
            say("It tries again by itself, at least every 5 minutes; to have it try now, start it again."),
          ],
        },
      );
    case "unknown":
      return broken("the relay does not know this Mac", { remedy: ENROL_AGAIN });
    case "ended":
      return broken(ENDS[proof.end ?? "revoked"], {
        why: capitalised(proof.why),
        remedy:
          proof.end === "moved"
            ? [...ENROL_AGAIN.slice(0, 1), run(`${ENROL} --force --takeover`)]
            : ENROL_AGAIN,
      });
    case "unheard":
      return warning("the relay does not say whether it knows this Mac", { why: capitalised(proof.why) });
    default:
      return assertNever(proof);
  }
}

const ENDS: Readonly<Record<InstallEnd, string>> = {
  revoked: "this Mac was shut out at the relay",
  moved: "the account was moved to another Mac",
  left: "this Mac left the account",
};

const capitalised = (text: string): string => `${text.slice(0, 1).toUpperCase()}${text.slice(1)}.`;

const TOO_OLD = closeInWords(CLOSE.version, "");

export function judgeVersion(facts: AskFacts, agent: AgentFacts, version: string): Verdict {
  const protocols = facts.kind === "answered" ? readHealthAnswer(facts)?.protocols : undefined;
  const said = agent.kind === "running" && agent.link.problem?.startsWith(TOO_OLD) === true;
  if (said || (protocols !== undefined && !protocols.includes(LINK_PROTOCOL))) {
    const isOlder = protocols === undefined || Math.min(...protocols) > LINK_PROTOCOL;
    if (!isOlder)
      return broken(`the relay is too old for this agent (${version})`, {
        remedy: [say("Ask its operator to update it.")],
      });
    return broken(`this agent (${version}) is too old for the relay`, {
      remedy: [
        say("In the folder it was built in:"),
        run("git pull && npm ci && npm run build"),
        say("or, where it was installed from a package:"),
        run("npm install -g imsg-relay-VERSION.tgz"),
        say("Then start it again."),
      ],
    });
  }
  return fine(version);
}
