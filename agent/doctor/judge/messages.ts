// What Messages and macOS let the agent do: read, send, know names.
import { assertNever } from "../../../shared/result.ts";
import { bytesInWords } from "../../../shared/terminal/progress-words.ts";
import { REPLACED_LATELY_MS, WAL_LARGE_BYTES } from "../../limits.ts";
import type {
  AgentFacts,
  DatabaseFacts,
  LaunchdFacts,
  MessagesFacts,
  NodeFacts,
  Responsible,
  SessionFacts,
  TalkFacts,
} from "../facts.ts";
import { managerOf } from "../../launchd/node-place.ts";
import { broken, fine, quoted, run, say, skipped, warning, type Step, type Verdict } from "../verdict.ts";
import { isOfScreen, UPGRADE_LOSES } from "./programs.ts";

/** Believed: these names of panes are understood from macOS 13 on as before; the panes are named in words, too. */
const OPEN_ACCESS = 'open "x-apple.systempreferences:com.apple.preference.security?Privacy_AllFiles"';
const OPEN_AUTOMATION = 'open "x-apple.systempreferences:com.apple.preference.security?Privacy_Automation"';
const OPEN_CONTACTS = 'open "x-apple.systempreferences:com.apple.preference.security?Privacy_Contacts"';

export interface Runners {
  readonly agent: AgentFacts;
  readonly launchd: LaunchdFacts;
  /** Whom macOS asks on behalf of this doctor; null = unknown. */
  readonly here: Responsible | null;
  readonly node: NodeFacts;
}

/** The programs that need a permission: the one the agent runs under, or those it would. */
function runnersOf({ agent, launchd, here, node }: Runners): string[] {
  if (agent.kind === "running" && agent.responsible !== null) return [agent.responsible.path];
  if (isInstalled(launchd))
    return [(launchd.kind === "loaded" ? launchd.realProgram : null) ?? node.realPath];
  return [here?.path ?? node.realPath];
}

const isInstalled = ({ hasPlist, kind }: LaunchdFacts): boolean => hasPlist || kind === "loaded";

/** As System Settings lists it. */
const nameOf = (program: string): string => /([^/]+)\.app$/.exec(program)?.[1] ?? program;

const nodeNote = (runners: readonly string[]): string | null =>
  runners.some((path) => /(?:^|\/)node[^/]*$/.test(path))
    ? `${UPGRADE_LOSES}${runners.some((path) => managerOf(path) !== null) ? " This one's path changes with every version." : ""}`
    : null;

export function judgeAccess(database: DatabaseFacts, talk: TalkFacts, runners: Runners): Verdict {
  const { agent } = runners;
  const names = runnersOf(runners);
  const note = nodeNote(names);
  const missing = (whose: string): Verdict =>
    broken(`${whose} may not read ${database.file}`, {
      reason: "full_disk_access_missing",
      ...(note === null ? {} : { why: note }),
      remedy: [
        run(OPEN_ACCESS),
        ...names.map(addTo),
        say("If it is listed already: remove it there with −, and add it anew."),
      ],
    });
  if (agent.kind === "running") {
    if (agent.reason === "full_disk_access_missing" && database.open !== "missing")
      return missing("the agent");
    if (!agent.reads) return skipped("the agent has not read yet");
    const mine = database.open === "refused" ? "; this terminal has none, and needs none" : "";
    return fine(`the agent reads Messages${mine}`, names);
  }
  const here = nameOf(runners.here?.path ?? "this terminal");
  if (database.open === "refused" && isInstalled(runners.launchd)) {
    return warning(`unknown: ${here} has none, and the agent does not run`, {
      why: `What counts is that ${names.join(", ")} has it, which the LaunchAgent runs. ${note ?? ""}`.trim(),
      remedy: [run(OPEN_ACCESS), ...names.map(addTo), say("Start the agent, and run this again.")],
    });
  }
  if (database.open === "refused") return missing(here);
  if (
    database.open === "ok" &&
    talk.kind === "trouble" &&
    talk.trouble.reason === "full_disk_access_missing" &&
    !talk.isLocked
  )
    return missing("imsg");
  if (database.open !== "ok") return skipped("the database is not where it should be");
  const others = names.filter((name) => name !== runners.here?.path);
  return fine(
    `${here} reads Messages`,
    others.map((name) => `${name} needs it as well: it runs the agent`),
  );
}

const addTo = (path: string): Step =>
  say(`The program to add: ${path} (+, then Cmd-Shift-G to type the path), switched on.`);

export function judgeDatabase(
  database: DatabaseFacts,
  talk: TalkFacts,
  agent: AgentFacts,
  enrolledAt: number | null,
  now: number,
): Verdict {
  const { file, open, walSize, size, bornAt, isOwn } = database;
  const detail = [file, `${bytesInWords(size)}, and ${bytesInWords(walSize)} in its log`];
  switch (open) {
    case "missing":
      return broken(`there is no ${file}`, {
        why: "Messages makes it when it is first opened; dbPath in agent.jsonc may name another one.",
        remedy: [run("open -a Messages")],
      });
    case "directory":
      return broken(`${file} is a folder`, {
        remedy: [say("Set dbPath in agent.jsonc to the file chat.db, or leave it out.")],
      });
    case "forbidden":
      return broken(`${file} is not for this user`, {
        why: isOwn
          ? "Its mode forbids reading it."
          : "It is another user's: each agent reads the Messages of the user it runs as.",
        remedy: [
          say("Run the agent as the user who is signed in to Messages, and leave dbPath out of agent.jsonc."),
        ],
        detail,
      });
    case "refused":
      return agent.kind === "running" && agent.reads
        ? fine("the agent reads it; this terminal may not look")
        : skipped("Full Disk Access is missing");
    case "failed":
      return broken(`${file} cannot be opened`, {
        remedy: [say("Check the disk: Disk Utility > First Aid.")],
      });
    case "ok":
      break;
  }
  if (!isOwn)
    return broken(`${file} is another user's`, {
      remedy: [
        say("Run the agent as the user who is signed in to Messages, and leave dbPath out of agent.jsonc."),
      ],
      detail,
    });
  if (size === 0)
    return broken(`${file} is empty`, {
      why: "Messages has not made its tables yet.",
      remedy: [run("open -a Messages")],
      detail,
    });
  if (talk.kind === "trouble" && talk.isLocked) {
    return broken(`${file} is locked by another program`, {
      why: "imsg waits, and gives up: a backup, a database browser or a second imsg holds it.",
      remedy: [
        say("This lists who has it open; end what is not Messages or imsg:"),
        run(`lsof -- ${quoted(file)}`),
      ],
      detail,
    });
  }
  if (talk.kind === "trouble" && talk.trouble.reason === "imsg_schema_unread")
    return broken(`imsg does not understand ${file}`, {
      reason: "imsg_schema_unread",
      why: talk.trouble.why,
      detail,
    });
  if (walSize > WAL_LARGE_BYTES) {
    return warning(`its log (chat.db-wal) has grown to ${bytesInWords(walSize)}`, {
      why: "Something keeps it open for reading, so that it is never folded into the database; reading gets slow.",
      remedy: [
        say("Quit what reads it, then Messages, and open Messages again:"),
        run(`osascript -e 'quit app "Messages"' && open -a Messages`),
      ],
      detail,
    });
  }
  if (bornAt !== null && enrolledAt !== null && bornAt > enrolledAt && now - bornAt < REPLACED_LATELY_MS) {
    return warning(`it is younger than the enrolment: made at ${new Date(bornAt).toISOString()}`, {
      why: "Messages was opened for the first time, or its database was restored or made anew. The agent finds its place again by itself; chat ids of one before it mean nothing now: name chats by chat_guid.",
      detail,
    });
  }
  return fine(bytesInWords(size), detail);
}

export function judgeContacts(talk: TalkFacts, runners: Runners): Verdict {
  if (talk.kind !== "ready") return skipped("imsg may not read here");
  if (talk.contacts === null) return skipped("this imsg does not say");
  if (talk.contacts) return fine("names are shown");
  return warning("not allowed: senders have no names", {
    remedy: [
      run(OPEN_CONTACTS),
      say(
        `System Settings > Privacy & Security > Contacts: switch on ${runnersOf(runners).map(nameOf).join(", ")}.`,
      ),
    ],
  });
}

export function judgeAutomation(messages: MessagesFacts, session: SessionFacts, runners: Runners): Verdict {
  const { agent } = runners;
  const names = runnersOf(runners);
  const remedy = [
    run(OPEN_AUTOMATION),
    say(
      `Under ${names.map(nameOf).join(", ")}: switch on Messages. Where it is not listed, this makes macOS ask again:`,
    ),
    run("tccutil reset AppleEvents"),
  ];
  if (agent.kind === "running" && agent.reason === "automation_missing")
    return broken("the agent may not control Messages (-1743): it reads, and cannot send", {
      reason: "automation_missing",
      remedy,
    });
  if (agent.kind === "running") return fine("the agent has met no refusal");
  if (!isOfScreen(session))
    return skipped("it belongs to the session of the screen, and this is a remote login");
  switch (messages.kind) {
    case "refused":
      if (isInstalled(runners.launchd)) {
        return warning(
          `unknown: ${nameOf(runners.here?.path ?? "this terminal")} may not, and the agent does not run`,
          {
            why: `What counts is ${names.join(", ")}, which the LaunchAgent runs: macOS asks on the screen when it sends for the first time.`,
            remedy: [say("Start the agent, have it send a message, and run this again.")],
          },
        );
      }
      return broken("Messages may not be controlled from here (-1743)", {
        reason: "automation_missing",
        remedy,
      });
    case "silent":
      return warning("Messages did not answer in time", {
        why: "macOS may be asking for leave on the screen, behind other windows; until somebody answers, sends hang.",
        remedy: [say("Look at the Mac's screen, allow it, and run this again.")],
      });
    case "not_open":
      return skipped("Messages is not open");
    case "not_asked":
    case "unknown":
      return skipped("Messages does not say");
    case "accounts":
      return fine("Messages may be controlled");
    default:
      return assertNever(messages);
  }
}

export function judgeMessages(messages: MessagesFacts, agent: AgentFacts): Verdict {
  const signIn = {
    reason: "messages_signed_out",
    remedy: [run("open -a Messages"), say("Messages > Settings > iMessage: sign in.")],
  } as const;
  if (agent.kind === "running" && agent.reason === "messages_signed_out")
    return broken("the agent says that nobody is signed in", signIn);
  switch (messages.kind) {
    case "accounts":
      return messages.count > 0
        ? fine("signed in to iMessage")
        : broken("nobody is signed in to iMessage", signIn);
    case "not_open":
      return warning("Messages is not open", {
        why: "What arrives is stored only while it runs, or its helpers do.",
        remedy: [
          run("open -a Messages"),
          say("Add it to System Settings > General > Login Items & Extensions."),
        ],
      });
    case "not_asked":
      return skipped("asked at the screen only");
    case "refused":
    case "silent":
    case "unknown":
      return skipped("Messages does not say");
    default:
      return assertNever(messages);
  }
}
