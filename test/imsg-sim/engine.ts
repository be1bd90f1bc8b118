import { Engine015 } from "./engine-0.15.ts";
import { Engine09 } from "./engine-0.9.ts";
import { EngineProcess } from "./engine-process.ts";
import { DEFAULT_OPTIONS, VERSIONS, type Dialect, type EngineOptions, type Host } from "./host.ts";

/** One imsg process without its process: lines in, lines out by `host.write`. */
export interface Engine {
  receive(line: string): void;
  /** End of input: what was accepted is answered, then `host.exit` is called. */
  end(): void;
}

export function createEngine(dialect: Dialect, host: Host, options: Partial<EngineOptions> = {}): Engine {
  const process = new EngineProcess(host, { ...DEFAULT_OPTIONS, version: VERSIONS[dialect], ...options });
  return dialect === "0.9" ? new Engine09(process) : new Engine015(process);
}
