import type { Agent } from "node:http";
import { getProxyForUrl } from "proxy-from-env";
import { isLoopback } from "./loopback.ts";

/** The agent for HTTPS_PROXY, HTTP_PROXY and NO_PROXY; undefined = straight. A proxy never leads to this machine. */
export async function proxyAgent(url: string): Promise<Agent | undefined> {
  if (isLoopback(url)) return undefined;
  const proxy = getProxyForUrl(url);
  if (proxy === "") return undefined;
  // Loaded only where it is needed: most machines have no proxy, and every process start counts.
  const { HttpsProxyAgent } = await import("https-proxy-agent");
  return new HttpsProxyAgent(proxy);
}
