import * as z from "zod";

/** Said wherever nobody can know which program it is; the doctor, which can, leaves it out. */
export const DOCTOR_NAMES_IT = " (imsg-relay-agent doctor names it)";

/** What can be wrong on a Mac, and what its owner does about it. One table for the agent, the relay and the docs. */
export const HEALTH_REASONS = {
  imsg_missing: "Install imsg on the Mac (brew install steipete/tap/imsg), or set cliPath in agent.jsonc.",
  imsg_too_old: "Update imsg on the Mac (brew upgrade imsg).",
  rpc_unsupported:
    "The program at cliPath has no `rpc` command; set cliPath in agent.jsonc to imsg 0.9 or newer.",
  full_disk_access_missing: `Open System Settings > Privacy & Security > Full Disk Access and add the program that runs the agent${DOCTOR_NAMES_IT}, then restart it.`,
  automation_missing: `Open System Settings > Privacy & Security > Automation and let the program that runs the agent${DOCTOR_NAMES_IT} control Messages.`,
  messages_signed_out: "Open Messages on the Mac and sign in.",
  imsg_hung: "imsg does not answer; the agent restarts it. If this stays, restart the Mac.",
  imsg_crashing: "imsg ends again and again; run `imsg rpc` in a terminal on the Mac to see why.",
  imsg_schema_unread: "imsg could not read the database's schema; the agent restarts it.",
  groups_need_review: "Group settings name chats of an older database; review them.",
} as const;

export type HealthReason = keyof typeof HEALTH_REASONS;
const reasons = Object.keys(HEALTH_REASONS) as [HealthReason, ...HealthReason[]];

/** `ok` = reads work; `degraded` = reads work, something else does not; `down` = Messages cannot be read. */
export const healthSchema = z.object({
  state: z.enum(["ok", "degraded", "down"]),
  /** One that a newer agent knows and we do not is none. */
  reason: z.enum(reasons).nullable().catch(null),
  remedy: z.string().max(500).nullable(),
});
export type Health = z.infer<typeof healthSchema>;

export const HEALTHY: Health = { state: "ok", reason: null, remedy: null };
export const unhealthy = (state: "degraded" | "down", reason: HealthReason): Health => ({
  state,
  reason,
  remedy: HEALTH_REASONS[reason],
});

/** What the engine on the Mac can do: from its `status`, or from what -32601 taught. */
export const engineSchema = z.object({
  version: z.string().max(100).nullable(),
  /** Methods usable now; null = an old engine that cannot say. */
  methods: z.array(z.string().max(100)).max(500).nullable(),
  /** `messages.after` works: catch-up by pages instead of by re-subscribing. */
  pages: z.boolean(),
  /** Whether the private-API bridge is ready; null = unknown. */
  bridge: z.boolean().nullable(),
});
export type Engine = z.infer<typeof engineSchema>;
