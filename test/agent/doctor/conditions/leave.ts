// What macOS and Messages let the agent do.
import { rmSync } from "node:fs";
import { doctorFiles } from "../../../../agent/doctor/node/files.ts";
import { TERMINAL } from "../support/fake-mac.ts";
import { brewed, CELLAR, eperm, stopped, type Condition } from "./condition.ts";
export const OF_LEAVE: readonly Condition[] = [
  {
    is: "this terminal has no Full Disk Access, and the agent would run under it",
    make: (one) => {
      stopped(one);
      rmSync(one.plist);
      one.program("launchctl print", { code: 113 });
      eperm(one);
    },
    id: "full_disk_access",
    state: "broken",
    says: "Terminal may not read",
    remedy: ["Privacy & Security > Full Disk Access", `The program to add: ${TERMINAL}`, "Privacy_AllFiles"],
  },
  {
    is: "the LaunchAgent's Node is to have it",
    make: (one) => {
      stopped(one);
      one.launchd({ program: brewed(one), pid: null });
      eperm(one);
    },
    id: "full_disk_access",
    state: "warning",
    says: "changes with every version",
    remedy: [CELLAR],
  },
  {
    is: "the agent has none, whatever this terminal has",
    make: (one) => one.unwell("full_disk_access_missing"),
    id: "full_disk_access",
    state: "broken",
    says: "the agent may not read",
    remedy: [`The program to add: ${TERMINAL}`],
  },
  {
    is: "the agent has only just begun",
    make: (one) => one.status({ health: { state: "down", reason: null, remedy: null } }),
    id: "full_disk_access",
    state: "skipped",
    says: "not read yet",
  },
  {
    is: "the agent has it, and this terminal not",
    make: eperm,
    id: "full_disk_access",
    state: "ok",
    says: "this terminal has none, and needs none",
  },
  {
    is: "imsg itself is refused",
    make: (one) => {
      stopped(one);
      one.messages.fault({
        kind: "fail",
        method: "status",
        error: { code: -32002, message: "Database unavailable" },
      });
    },
    id: "full_disk_access",
    state: "broken",
    says: "imsg may not read",
    remedy: ["Full Disk Access"],
  },
  {
    is: "there is no database",
    make: (one) => void one.messages.vanish(),
    id: "database",
    state: "broken",
    says: "there is no",
    remedy: ["$ open -a Messages"],
  },
  {
    is: "there is no database, and nothing runs",
    make: (one) => {
      stopped(one);
      one.messages.vanish();
    },
    id: "database",
    state: "broken",
    says: "there is no",
  },
  {
    is: "the database is a folder",
    make: (one) => one.messages.spoil("directory"),
    id: "database",
    state: "broken",
    says: "is a folder",
    remedy: ["dbPath"],
  },
  {
    is: "the database is empty",
    make: (one) => one.messages.spoil("empty"),
    id: "database",
    state: "broken",
    says: "is empty",
  },
  {
    is: "the database is another user's",
    make: (one) => {
      one.look = {
        head: (file) =>
          file === one.messages.dbPath
            ? { ok: false, code: "EACCES" }
            : { ok: true, bytes: new Uint8Array() },
      };
    },
    id: "database",
    state: "broken",
    says: "not for this user",
    remedy: ["as the user who is signed in"],
  },
  {
    is: "the database is locked",
    make: (one) =>
      one.messages.fault({
        kind: "fail",
        method: "status",
        error: { code: -32603, message: "Internal error", data: "database is locked (code: 5)" },
      }),
    id: "database",
    state: "broken",
    says: "locked by another program",
    remedy: ["$ lsof"],
  },
  {
    is: "the database is locked, and imsg is of the old kind",
    make: (one) => {
      one.messages.settings({ dialect: "0.9" });
      one.messages.fault({
        kind: "fail",
        method: "chats.list",
        error: { code: -32603, message: "Internal error", data: "database is locked (code: 5)" },
      });
    },
    id: "database",
    state: "broken",
    says: "locked by another program",
  },
  {
    is: "imsg does not understand the database",
    make: (one) => {
      one.messages.settings({ dialect: "0.9" });
      one.messages.spoil("garbage");
    },
    id: "database",
    state: "broken",
    says: "does not understand",
  },
  {
    is: "the log of the database has grown",
    make: (one) => {
      const wal = `${one.messages.dbPath}-wal`;
      const large = { isFile: true, isDirectory: false, mode: 0o600, uid: 0, size: 400_000_000, bornAt: 0 };
      one.look = { stat: (file) => (file === wal ? large : doctorFiles.stat(file)) };
    },
    id: "database",
    state: "warning",
    says: "grown to 400 MB",
    remedy: ["open Messages again"],
  },
  {
    is: "the database was replaced since the enrolment",
    make: (one) => one.enrol({ created_at: new Date(Date.now() - 60_000).toISOString() }),
    id: "database",
    state: "warning",
    says: "it is younger than the enrolment",
  },
  {
    is: "Contacts is not allowed",
    make: (one) => one.messages.settings({ contacts: false }),
    id: "contacts",
    state: "warning",
    says: "no names",
    remedy: ["Privacy & Security > Contacts", "Privacy_Contacts"],
  },
  {
    is: "an old imsg does not say whether it may look into Contacts",
    make: (one) => one.messages.settings({ dialect: "0.9" }),
    id: "contacts",
    state: "skipped",
    says: "does not say",
  },
  {
    is: "the agent was refused by Messages (-1743)",
    make: (one) => one.unwell("automation_missing"),
    id: "automation",
    state: "broken",
    says: "-1743",
    remedy: [
      "Privacy & Security > Automation",
      "Under Terminal: switch on Messages",
      "$ tccutil reset AppleEvents",
    ],
  },
  {
    is: "this terminal is refused by Messages, and would run the agent",
    make: (one) => {
      stopped(one);
      rmSync(one.plist);
      one.program("launchctl print", { code: 113 });
      one.program("osascript", {
        code: 1,
        err: "40:93: execution error: Not authorized to send Apple events to Messages. (-1743)\n",
      });
    },
    id: "automation",
    state: "broken",
    says: "-1743",
    remedy: ["Privacy_Automation"],
  },
  {
    is: "this terminal is refused, and launchd is to run the agent",
    make: (one) => {
      stopped(one);
      one.program("osascript", { code: 1, err: "(-1743)\n" });
    },
    id: "automation",
    state: "warning",
    says: "unknown: Terminal may not",
    remedy: ["have it send a message"],
  },
  {
    is: "this terminal is refused, and the agent sends without it",
    make: (one) => one.program("osascript", { code: 1, err: "(-1743)\n" }),
    id: "automation",
    state: "ok",
    says: "met no refusal",
  },
  {
    is: "macOS asks somebody at the screen, who does not answer",
    make: (one) => {
      stopped(one);
      one.program("osascript", {
        code: 1,
        err: "execution error: Messages got an error: AppleEvent timed out. (-1712)\n",
      });
    },
    id: "automation",
    state: "warning",
    says: "asking for leave on the screen",
    remedy: ["Mac's screen"],
  },
  {
    is: "this is a remote login, which has no say in Automation",
    make: (one) => {
      stopped(one);
      one.environment = { SSH_CONNECTION: "1 2 3 4" };
      one.program("osascript", { code: 1, err: "(-1743)\n" });
    },
    id: "automation",
    state: "skipped",
    says: "session of the screen",
  },
  {
    is: "this is a remote login, from which Messages is not asked",
    make: (one) => (one.environment = { SSH_TTY: "/dev/ttys001" }),
    id: "messages",
    state: "skipped",
    says: "at the screen only",
  },
  {
    is: "Messages is signed out",
    make: (one) => one.program("osascript", { out: "0\n" }),
    id: "messages",
    state: "broken",
    says: "nobody is signed in",
    remedy: ["Open Messages on the Mac and sign in.", "Settings > iMessage"],
  },
  {
    is: "Messages is not open",
    make: (one) => one.program("osascript", { out: "not open\n" }),
    id: "messages",
    state: "warning",
    says: "not open",
    remedy: ["$ open -a Messages"],
  },
];
