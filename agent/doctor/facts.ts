// What is known of a Mac: the shapes between the probes, which look, and the judges, which decide.
import type { InstallEnd } from "../../shared/close.ts";
import type { Engine, HealthReason } from "../../shared/health.ts";
import type { Trouble } from "../imsg/diagnose.ts";

/** How a program that was run for its answer ended. */
export interface RunResult {
  /** `failed` = it never began; `late` = it was ended when its time was over. */
  readonly kind: "ended" | "failed" | "late";
  readonly code: number | null;
  readonly signal: string | null;
  /** Of `failed`: ENOENT, EACCES, … */
  readonly errno: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Whom macOS asks for permission on behalf of a process: the program at the top of what started it. */
export interface Responsible {
  /** `remote` = a remote login (sshd). */
  readonly kind: "app" | "program" | "remote";
  readonly path: string;
}

export interface NodeFacts {
  /** As process.version says it. */
  readonly version: string;
  readonly path: string;
  /** Symbolic links resolved: what macOS keeps its permissions by. */
  readonly realPath: string;
}

export interface SessionFacts {
  readonly isRemote: boolean;
  /** What launchd calls the session: Aqua = that of the screen; null = it did not say. */
  readonly manager: string | null;
  /** Who is logged in at the screen; null = nobody, or unknown. */
  readonly consoleUser: string | null;
}

export type IdentityFacts =
  /** `left`: where it was enrolled before it left, for after "not enrolled". */
  | { readonly kind: "missing"; readonly file: string; readonly left: string }
  | { readonly kind: "unreadable"; readonly file: string; readonly why: string }
  | {
      readonly kind: "present";
      readonly file: string;
      readonly folder: string;
      readonly fileMode: number;
      readonly folderMode: number;
      readonly isOwn: boolean;
      /** The doctor itself runs as root. */
      readonly isRoot: boolean;
      readonly isSafeRelay: boolean;
      readonly relay: string;
      readonly createdAt: number | null;
    };

export type ConfigFacts =
  /** `line` null = the file as a whole. */
  | { readonly kind: "broken"; readonly file: string; readonly line: number | null; readonly message: string }
  | {
      readonly kind: "read";
      readonly file: string;
      readonly exists: boolean;
      readonly cliPath: string;
      /** As it is opened; `~` resolved. */
      readonly database: string;
    };

/** What status.json says, and whether its writer still lives. */
export type AgentFacts =
  | { readonly kind: "absent" }
  | { readonly kind: "left"; readonly pid: number; readonly writtenAt: number }
  | { readonly kind: "silent"; readonly pid: number; readonly writtenAt: number }
  | {
      readonly kind: "running";
      readonly pid: number;
      readonly link: { readonly state: string; readonly since: number; readonly problem: string | null };
      readonly reason: HealthReason | null;
      /** Messages can be read; false also while that is being tried. */
      readonly reads: boolean;
      readonly responsible: Responsible | null;
    };

export type LaunchdFacts = {
  readonly label: string;
  readonly plist: string;
  readonly hasPlist: boolean;
  readonly uid: number;
} & (
  | { readonly kind: "unknown" | "not_loaded" | "no_session" }
  | {
      readonly kind: "loaded";
      readonly pid: number | null;
      readonly program: string | null;
      readonly realProgram: string | null;
      readonly lastExit: number | null;
      readonly path: string | null;
      /** Whether the imsg of agent.jsonc is found on `path`. */
      readonly findsImsg: boolean;
    }
);

/** The file at `cliPath`. */
export interface ProgramFile {
  readonly asked: string;
  /** Null = not found on PATH, or nothing is there. */
  readonly path: string | null;
  /** Symbolic links resolved; null = not looked at. */
  readonly real: string | null;
  readonly isFile: boolean;
  readonly isExecutable: boolean;
  /** Of a Mach-O file; null = it is none. */
  readonly architectures: readonly string[] | null;
  /** First line of a script; null = it is none. */
  readonly interpreter: string | null;
}

/** … and what became of starting it. */
export interface ProgramFacts extends ProgramFile {
  readonly isQuarantined: boolean;
  /** Of `--version`; null = it was not tried. */
  readonly version: RunResult | null;
}

/** A short conversation with an imsg of our own. */
export type TalkFacts =
  | {
      readonly kind: "ready";
      readonly engine: Engine;
      readonly isOld: boolean;
      /** Null = it cannot say. */
      readonly contacts: boolean | null;
    }
  | {
      readonly kind: "trouble";
      readonly trouble: Trouble;
      readonly signal: string | null;
      readonly isLocked: boolean;
    };

export interface DatabaseFacts {
  readonly file: string;
  /** What became of opening it for reading. */
  readonly open: "ok" | "missing" | "refused" | "forbidden" | "directory" | "failed";
  readonly size: number;
  readonly walSize: number;
  readonly bornAt: number | null;
  readonly isOwn: boolean;
}

/** What Messages said of itself over AppleScript. */
export type MessagesFacts =
  | { readonly kind: "not_asked" | "not_open" | "refused" | "silent" | "unknown" }
  | { readonly kind: "accounts"; readonly count: number };

export interface DiskFacts {
  readonly folders: readonly {
    readonly path: string;
    /** Null = unknown. */
    readonly free: number | null;
    readonly isWritable: boolean;
  }[];
}

/** Settings by power source, as `pmset` calls both. */
export type PowerSettings = Readonly<Record<string, Readonly<Record<string, number>>>>;

export interface PowerFacts {
  readonly settings: PowerSettings;
  /** caffeinate runs: the agent's own (`keep_awake`), or somebody else's. */
  readonly isCaffeinated: boolean;
}

export interface RestartFacts {
  /** Null = unknown. */
  readonly fileVault: boolean | null;
  readonly autoLogin: boolean | null;
  readonly restartsAfterPowerCut: boolean | null;
}

/** One HTTP request to the relay. */
export type AskFacts = {
  /** Host and port of the proxy that the environment names; null = none is meant. */
  readonly proxy: string | null;
} & (
  | {
      readonly kind: "answered";
      readonly status: number;
      readonly text: string;
      readonly location: string | null;
      /** The relay's clock less this Mac's; null = it did not say. */
      readonly skewMs: number | null;
      readonly tookMs: number;
    }
  /** The proxy itself said no. */
  | { readonly kind: "proxy_refused"; readonly status: number }
  | {
      readonly kind: "failed";
      readonly code: string;
      /** Before the relay was reached: it is the proxy that cannot be. */
      readonly atProxy: boolean;
    }
);

/** A knock at the agent's door: what came of it before anything was said. */
export type KnockFacts =
  /** The relay spoke. */
  | { readonly kind: "challenged" }
  | { readonly kind: "refused"; readonly status: number }
  | { readonly kind: "failed"; readonly code: string }
  /** It opened, and nothing came. */
  | { readonly kind: "silent" };

/** Whether the relay knows this Mac. */
export type ProofFacts =
  | { readonly kind: "known" }
  | { readonly kind: "unknown"; readonly why: string }
  | { readonly kind: "ended"; readonly why: string; readonly end: InstallEnd | undefined }
  | { readonly kind: "unheard"; readonly why: string };
