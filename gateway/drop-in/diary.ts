import * as z from "zod";
import type { Clock } from "../../shared/clock.ts";
import { POSITION_WRITE_MS } from "../limits.ts";
import type { Cache } from "../profile/cache.ts";
import type { Lateness } from "./late.ts";

const positionSchema = z.object({ id: z.string() });
const lateSchema = z.object({ undated: z.int().catch(0), too_old: z.int().catch(0) });
export type LateCounts = z.infer<typeof lateSchema>;

/** What outlives the process: the last event passed on, and how many late rows there were. Written seldom. */
export class Diary {
  readonly #clock: Clock;
  readonly #cache: Cache;
  #position: string | undefined;
  #late: LateCounts;
  #unwritten = new Set<"position" | "late">();
  #stopTimer: (() => void) | undefined;

  constructor(clock: Clock, cache: Cache) {
    this.#clock = clock;
    this.#cache = cache;
    const position = positionSchema.safeParse(cache.read("position"));
    this.#position = position.success ? position.data.id : undefined;
    this.#late = readLate(cache);
  }

  /** The last event that any watch of this profile passed on. */
  get position(): string | undefined {
    return this.#position;
  }

  passed(eventId: string): void {
    this.#position = eventId;
    this.#writeSoon("position");
  }

  countLate(lateness: Lateness): void {
    if (lateness === "on_time") return;
    this.#late = { ...this.#late, [lateness]: this.#late[lateness] + 1 };
    this.#writeSoon("late");
  }

  flush(): void {
    this.#stopTimer?.();
    this.#stopTimer = undefined;
    if (this.#unwritten.has("position")) this.#cache.write("position", { id: this.#position });
    if (this.#unwritten.has("late")) this.#cache.write("late", this.#late);
    this.#unwritten.clear();
  }

  #writeSoon(what: "position" | "late"): void {
    this.#unwritten.add(what);
    this.#stopTimer ??= this.#clock.after(POSITION_WRITE_MS, () => this.flush());
  }
}

export function readLate(cache: Cache): LateCounts {
  const parsed = lateSchema.safeParse(cache.read("late"));
  return parsed.success ? parsed.data : { undated: 0, too_old: 0 };
}
