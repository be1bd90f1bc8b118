// The LaunchAgent of one profile: what launchd is told about it.
import type { PlistValue } from "./plist.ts";

export interface Service {
  readonly label: string;
  readonly profile: string;
  /** Absolute paths. */
  readonly node: string;
  readonly program: string;
  readonly log: string;
  readonly stderrLog: string;
  readonly environment: Readonly<Record<string, string>>;
}

/** launchd's own least is 10 s; an agent that cannot start is no burden with this. */
const THROTTLE_S = 15;
/** To say goodbye; launchd kills what is left after it. */
const EXIT_TIMEOUT_S = 10;

export const describeService = (service: Service): PlistValue => ({
  Label: service.label,
  ProgramArguments: [
    service.node,
    service.program,
    "run",
    "--profile",
    service.profile,
    "--log",
    service.log,
  ],
  EnvironmentVariables: service.environment,
  // Messages, Automation and its dialogs belong to the session at the screen: no other one will do.
  LimitLoadToSessionType: "Aqua",
  RunAtLoad: true,
  // One that ends in order was told to.
  KeepAlive: { SuccessfulExit: false },
  ThrottleInterval: THROTTLE_S,
  ExitTimeOut: EXIT_TIMEOUT_S,
  // Others are slowed down and their timers put off, heartbeats included.
  ProcessType: "Interactive",
  StandardOutPath: service.stderrLog,
  StandardErrorPath: service.stderrLog,
  // Nothing that it makes is for others.
  Umask: 0o077,
});
