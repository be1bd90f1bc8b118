// The table of checks, in their order: what is looked at first explains what comes later.
import type { CheckId } from "./check-ids.ts";
import { judgeImsg } from "./judge/imsg.ts";
import {
  judgeAccess,
  judgeAutomation,
  judgeContacts,
  judgeDatabase,
  judgeMessages,
} from "./judge/messages.ts";
import { isLive, judgeClock, judgeEnrolment, judgeLink, judgeRelay, judgeVersion } from "./judge/network.ts";
import { judgeRestart, judgeSleep } from "./judge/power.ts";
import { judgeMacos, judgeNode, judgeSession } from "./judge/programs.ts";
import { judgeAgent, judgeLaunchAgent } from "./judge/running.ts";
import { judgeConfig, judgeDisk, judgeIdentity } from "./judge/setup.ts";
import type { Mac } from "./mac.ts";
import type { Verdict } from "./verdict.ts";

export interface Check {
  readonly title: string;
  /** Without these it has nothing to say. */
  readonly needs: readonly CheckId[];
  readonly where: "anywhere" | "mac" | "network";
  look(mac: Mac): Verdict | Promise<Verdict>;
}

export const CHECKS: Readonly<Record<CheckId, Check>> = {
  node: { title: "Node", needs: [], where: "anywhere", look: (mac) => judgeNode(mac.node()) },
  macos: { title: "macOS", needs: [], where: "mac", look: async (mac) => judgeMacos(await mac.macos()) },
  session: {
    title: "Session",
    needs: [],
    where: "mac",
    look: async (mac) => judgeSession(await mac.session(), await mac.agent()),
  },
  identity: { title: "Identity", needs: [], where: "anywhere", look: (mac) => judgeIdentity(mac.identity()) },
  config: { title: "Settings", needs: [], where: "anywhere", look: (mac) => judgeConfig(mac.config()) },
  launch_agent: {
    title: "LaunchAgent",
    needs: ["identity", "config"],
    where: "mac",
    look: async (mac) => judgeLaunchAgent(await mac.launchd(), await mac.agent(), mac.node()),
  },
  agent: {
    title: "Agent",
    needs: ["identity", "config"],
    where: "anywhere",
    look: async (mac) => {
      const [agent, launchd] = [await mac.agent(), await mac.launchd()];
      const isExplained = judgeLaunchAgent(launchd, agent, mac.node()).state === "broken";
      return judgeAgent(agent, launchd, isExplained, mac.ports.now());
    },
  },
  imsg: {
    title: "imsg",
    needs: ["config"],
    where: "anywhere",
    look: async (mac) => judgeImsg(await mac.program(), await mac.talk(), mac.ports.architecture),
  },
  full_disk_access: {
    title: "Full Disk Access",
    needs: ["config"],
    where: "anywhere",
    look: async (mac) => judgeAccess(mac.database(), await mac.talk(), await mac.runners()),
  },
  database: {
    title: "Database",
    needs: ["config", "full_disk_access"],
    where: "anywhere",
    look: async (mac) => {
      const identity = mac.identity();
      const enrolledAt = identity.kind === "present" ? identity.createdAt : null;
      return judgeDatabase(mac.database(), await mac.talk(), await mac.agent(), enrolledAt, mac.ports.now());
    },
  },
  contacts: {
    title: "Contacts",
    needs: ["imsg", "full_disk_access", "database"],
    where: "anywhere",
    look: async (mac) => judgeContacts(await mac.talk(), await mac.runners()),
  },
  automation: {
    title: "Automation",
    needs: [],
    where: "mac",
    look: async (mac) => judgeAutomation(await mac.messages(), await mac.session(), await mac.runners()),
  },
  messages: {
    title: "Messages",
    needs: ["automation"],
    where: "mac",
    look: async (mac) => judgeMessages(await mac.messages(), await mac.agent()),
  },
  disk: { title: "Disk", needs: [], where: "anywhere", look: (mac) => judgeDisk(mac.disk()) },
  sleep: {
    title: "Sleep",
    needs: [],
    where: "mac",
    look: async (mac) => judgeSleep(await mac.power()),
  },
  restart: {
    title: "Restart",
    needs: [],
    where: "mac",
    look: async (mac) => judgeRestart(await mac.restart()),
  },
  relay: {
    title: "Relay",
    needs: ["identity"],
    where: "network",
    look: async (mac) => judgeRelay(await mac.relay(), mac.stored()?.relay ?? ""),
  },
  clock: {
    title: "Clock",
    needs: ["relay"],
    where: "network",
    look: async (mac) => judgeClock(await mac.relay()),
  },
  version: {
    title: "Version",
    needs: ["relay"],
    where: "network",
    look: async (mac) => judgeVersion(await mac.relay(), await mac.agent(), mac.version),
  },
  link: {
    title: "WebSocket",
    needs: ["relay"],
    where: "network",
    look: async (mac) => {
      const agent = await mac.agent();
      return judgeLink(isLive(agent) ? undefined : await mac.knock());
    },
  },
  enrolment: {
    title: "Enrolment",
    needs: ["relay", "version", "link"],
    where: "network",
    look: async (mac) => {
      const agent = await mac.agent();
      return judgeEnrolment(agent, isLive(agent) ? undefined : await mac.proof(), mac.ports.now());
    },
  },
};
