// What a program needs of the terminal that launchd does not give it: where imsg is, and the way to the network.
import path from "node:path";

/** Where programs of a Mac are; launchd itself knows the last four only. */
const FOLDERS = ["/opt/homebrew/bin", "/usr/local/bin", "/usr/bin", "/bin", "/usr/sbin", "/sbin"];

/** Read by the agent, and by the Node that runs it. */
const CARRIED = [
  "HTTPS_PROXY",
  "https_proxy",
  "HTTP_PROXY",
  "http_proxy",
  "ALL_PROXY",
  "all_proxy",
  "NO_PROXY",
  "no_proxy",
  "NODE_EXTRA_CA_CERTS",
  "NODE_USE_SYSTEM_CA",
  "SSL_CERT_FILE",
];
/** Paths, which may have been written from the folder of the moment. */
const PATHS = new Set(["NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE"]);

/** Not the terminal's own PATH: it changes from one window to the next, and each change would be a restart. */
export function serviceEnvironment(
  environment: NodeJS.ProcessEnv,
  imsg: string | undefined,
): Record<string, string> {
  const first = imsg === undefined ? [] : [path.dirname(imsg)];
  const carried = CARRIED.flatMap((name) => {
    const value = environment[name];
    if (value === undefined || value === "") return [];
    return [[name, PATHS.has(name) ? path.resolve(value) : value] as const];
  });
  const home = environment["IMSG_RELAY_HOME"];
  return {
    PATH: [...new Set([...first, ...FOLDERS])].join(":"),
    ...(home === undefined ? {} : { IMSG_RELAY_HOME: path.resolve(home) }),
    ...Object.fromEntries(carried),
  };
}

/** A proxy's address may hold a password. */
export const holdsPassword = (environment: Readonly<Record<string, string>>): boolean =>
  Object.values(environment).some((value) => /:\/\/[^/@\s]*:[^/@\s]+@/.test(value));
