// An owner's settings that a test changes as it likes.
import { DEFAULT_CONFIG, type AgentConfig } from "../../../agent/config/config.ts";
import { readOwnerFile, type ConfigMistake, type OwnerFile } from "../../../agent/config/config-file.ts";
import type { OwnerPort, OwnerWord } from "../../../agent/ports.ts";

export class ScriptedOwner implements OwnerPort {
  #word: OwnerWord;
  readonly #watchers = new Set<() => void>();

  constructor(config: Partial<AgentConfig> = {}) {
    this.#word = { file: fileOf({ ...DEFAULT_CONFIG, ...config }), mistake: null };
  }

  look(): OwnerWord {
    return this.#word;
  }

  watch(changed: () => void): () => void {
    this.#watchers.add(changed);
    return () => void this.#watchers.delete(changed);
  }

  /** Saved, and not looked at yet. */
  save(settings: Readonly<Record<string, unknown>>): void {
    const read = readOwnerFile(JSON.stringify(settings));
    if (!read.ok) throw new Error(read.error.message);
    this.#word = { file: read.value, mistake: null };
  }

  mistake(mistake: ConfigMistake): void {
    this.#word = { file: this.#word.file, mistake };
  }

  /** What the second hand does: the file is looked at. */
  tick(): void {
    for (const changed of this.#watchers) changed();
  }
}

function fileOf(config: AgentConfig): OwnerFile {
  const plain = readOwnerFile("{}");
  if (!plain.ok) throw new Error("no settings at all are fine");
  return { ...plain.value, config };
}
