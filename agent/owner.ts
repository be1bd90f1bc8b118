// The owner's settings as they are now (I3): looked at before every call, so that what the owner takes away is gone
// before the next one is dispatched, and heard of now and then. Whatever is wrong with the file takes nothing back:
// the last rules that were understood hold.
import type { OwnerFile } from "./config/config-file.ts";
import type { OwnerRules } from "./config/config.ts";
import type { Log, OwnerPort, OwnerWord } from "./ports.ts";

export class Owner {
  readonly #port: OwnerPort;
  readonly #log: Log;
  readonly #onChange: (now: OwnerWord, before: OwnerWord) => void;
  #word: OwnerWord;
  #version = 0;
  #stop: (() => void) | undefined;

  constructor(port: OwnerPort, log: Log, onChange: (now: OwnerWord, before: OwnerWord) => void) {
    this.#port = port;
    this.#log = log;
    this.#onChange = onChange;
    this.#word = port.look();
  }

  /** As it was last looked at. */
  get word(): OwnerWord {
    return this.#word;
  }

  get rules(): OwnerRules {
    return this.#word.file.config.rules;
  }

  /** Another number for other settings. */
  get version(): number {
    return this.#version;
  }

  start(): void {
    this.#stop = this.#port.watch(() => this.look());
  }

  stop(): void {
    this.#stop?.();
  }

  look(): void {
    const before = this.#word;
    const now = this.#port.look();
    if (now === before) return;
    this.#word = now;
    // Where it stands is said, not what: the file names people.
    if (now.mistake !== null)
      this.#log("error", "settings_not_understood", { line: now.mistake.line, column: now.mistake.column });
    if (now.file !== before.file) {
      this.#version += 1;
      this.#log("info", "settings_read", { changed: changedIn(now.file, before.file).join(" ") });
      const later = needRestart(now.file, before.file);
      if (later.length > 0) this.#log("warn", "settings_wait_for_restart", { settings: later.join(" ") });
    }
    this.#onChange(now, before);
  }
}

type Named = Readonly<Record<string, (file: OwnerFile) => unknown>>;

const LIVE: Named = {
  cliPath: ({ cliPath }) => cliPath,
  dbPath: ({ dbPath }) => dbPath,
  paused: ({ config }) => config.rules.paused,
  read_only: ({ config }) => config.rules.readOnly,
  methods: ({ config }) => config.rules.methods,
  recipients: ({ config }) => config.rules.recipients,
  sends: ({ config }) => config.rules.sends,
  send_roots: ({ config }) => config.rules.sendRoots,
  attachment_roots: ({ attachmentRoots }) => attachmentRoots,
  media_max_mb: ({ config }) => config.rules.capBytes,
  keep_awake: ({ keepAwake }) => keepAwake,
};
/** Nothing of these can widen or narrow anything. */
const AT_START: Named = {
  debounce_ms: ({ config }) => config.debounceMs,
  "link or intervals": ({ config }) => config.times,
};

const differing = (table: Named, a: OwnerFile, b: OwnerFile): string[] =>
  Object.entries(table)
    .filter(([, read]) => JSON.stringify(read(a)) !== JSON.stringify(read(b)))
    .map(([name]) => name);

export const changedIn = (now: OwnerFile, before: OwnerFile): string[] => differing(LIVE, now, before);
const needRestart = (now: OwnerFile, before: OwnerFile): string[] => differing(AT_START, now, before);
