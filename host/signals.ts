const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

interface Interruption {
  /** Resolves at the first signal. */
  readonly asked: Promise<NodeJS.Signals>;
  readonly wasAsked: () => boolean;
}

/** The first signal asks for an orderly end; the second one is whoever has lost patience. */
export function onInterruption(secondTime: () => void): Interruption {
  let asked = false;
  const promise = new Promise<NodeJS.Signals>((resolve) => {
    for (const signal of SIGNALS) {
      process.on(signal, () => {
        if (asked) secondTime();
        asked = true;
        resolve(signal);
      });
    }
  });
  return { asked: promise, wasAsked: () => asked };
}
