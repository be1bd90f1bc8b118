// What most tests begin with: an account, its Mac online, and a gateway.
import { Agent, enrol, type Install } from "./agent.ts";
import { Gateway } from "./gateway.ts";
import { newAccount, type Json } from "./http.ts";

export interface Scene {
  readonly account: Install;
  readonly agent: Agent;
  readonly gateway: Gateway;
}

export const mac = async (): Promise<Install> => enrol(await newAccount());

export async function scene(hello?: Json, options?: { v1?: boolean }): Promise<Scene> {
  const account = await mac();
  const agent = await Agent.connect(account, hello);
  return { account, agent, gateway: await Gateway.connect(account, options) };
}
