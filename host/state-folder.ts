// What is where below the state folder, and the little the launcher itself remembers.
import path from "node:path";
import * as z from "zod";
import { readPrivate, writePrivate } from "./private-folder.ts";

export interface StateFolder {
  readonly root: string;
  /** workerd's: its configuration, and the databases of the objects. */
  readonly relay: string;
  /** IMSG_RELAY_HOME of the agent and of the gateway. */
  readonly home: string;
  /** Messages of the demo Mac. */
  readonly demoMac: string;
  readonly relayLog: string;
  readonly agentLog: string;
}

export function stateFolder(root: string): StateFolder {
  const absolute = path.resolve(root);
  const at = (...parts: readonly string[]): string => path.join(absolute, ...parts);
  return {
    root: absolute,
    relay: at("relay"),
    home: at("home"),
    demoMac: at("demo-mac"),
    relayLog: at("relay.log"),
    agentLog: at("agent.log"),
  };
}

const memorySchema = z.object({
  port: z.int(),
  tenant: z.string(),
  account: z.string(),
  /** `<key id>.<secret>`: needed again where the port changes. */
  credential: z.string(),
  /** The path of a real imsg, or `demo`: an account keeps its Mac. */
  mac: z.string(),
  /** Origins of the relay that the agent has joined, and that the gateway has logged in to; null = not yet. */
  agentAt: z.string().nullable(),
  gatewayAt: z.string().nullable(),
});
export type Memory = z.infer<typeof memorySchema>;

const fileOf = ({ root }: StateFolder): string => path.join(root, "launcher.json");

/** Undefined before the first start. */
export function readMemory(folder: StateFolder): Memory | undefined {
  const text = readPrivate(fileOf(folder));
  if (text === undefined) return undefined;
  try {
    return memorySchema.parse(JSON.parse(text));
  } catch {
    throw new Error(`${fileOf(folder)} is damaged. Remove it to have a new account made.`);
  }
}

export const writeMemory = (folder: StateFolder, memory: Memory): void =>
  writePrivate(fileOf(folder), `${JSON.stringify(memory, null, 2)}\n`);
