const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/i;

/** Whether the address is this machine's own. */
export const isLoopback = (url: string): boolean => LOOPBACK.test(new URL(url).hostname);
