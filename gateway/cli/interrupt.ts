import { EXIT, type ExitCode } from "./exit-codes.ts";

/** Why something that can be ended in good order is. */
export class Interrupted extends Error {
  override readonly name = "Interrupted";
  readonly exit: ExitCode;

  constructor(exit: ExitCode) {
    super("interrupted");
    this.exit = exit;
  }
}

interface Interruptible {
  readonly signal: AbortSignal;
  /** From then on signals do what they do otherwise. */
  readonly release: () => void;
}

/** Ctrl-C and SIGTERM, once; the second one ends the process as it is. */
export function interruptible(): Interruptible {
  const controller = new AbortController();
  const on = { SIGINT: EXIT.interrupted, SIGTERM: EXIT.terminated } as const;
  const handlers = Object.entries(on).map(([name, exit]) => {
    const end = (): void => controller.abort(new Interrupted(exit));
    process.once(name, end);
    return { name, end };
  });
  const release = (): void => {
    for (const { name, end } of handlers) process.off(name, end);
  };
  return { signal: controller.signal, release };
}
