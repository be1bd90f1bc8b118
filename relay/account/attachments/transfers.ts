// The transfers that go on (I8): asked of the Mac over its link, met by their bytes over HTTP. In memory only; what
// an eviction ends, its caller tries again.
import type { Clock } from "../../../shared/clock.ts";
import type { Refused } from "../../../shared/errors.ts";
import type { AgentFrame, FrameOf, RelayFrame } from "../../../shared/frames.ts";
import {
  MAX_KEPT_TRANSFERS,
  MAX_TRANSFER_MS,
  MAX_TRANSFERS,
  MAX_WAITING_TRANSFERS,
  TRANSFER_KEPT_MS,
  TRANSFER_STEP_MS,
  TRANSFER_TURN_MS,
} from "../../../shared/limits.ts";
import { NewestMap } from "../../../shared/newest-map.ts";
import { err, ok, type Result } from "../../../shared/result.ts";
import type { AgentLink } from "../link/agent-link.ts";
import type { StateStore } from "../store/state.ts";
import { Slots } from "./slots.ts";
import { Transfer } from "./transfer.ts";

/** What is asked of the Mac, under the name that the transfer is given. */
export type Asked = (transfer: string) => FrameOf<RelayFrame, "read"> | FrameOf<RelayFrame, "write">;

/** How a transfer stands, for whoever checks what came of it. */
export interface TransferView {
  readonly transfer: string;
  readonly state: "open" | "done" | "failed";
  readonly bytes: number;
  /** Of the bytes that were sent; base64. */
  readonly sha256: string | null;
}

const OFFLINE: Refused = { code: "agent_offline" };
/** What the other end of a broken transfer is told; nobody is left at this one. */
export const BROKEN: Refused = { code: "deadline_exceeded", detail: "the transfer was cut off" };
const NONSENSE: Refused = { code: "internal", detail: "the Mac's word of the transfer made no sense" };
const TOO_LATE: Refused = { code: "deadline_exceeded", detail: "the Mac did not bring it in time" };

export class Transfers {
  readonly #clock: Clock;
  readonly #state: StateStore;
  readonly #link: Pick<AgentLink, "live" | "send">;
  readonly #name: () => string;
  readonly #slots: Slots;
  readonly #open = new Map<string, Transfer>();
  readonly #kept = new NewestMap<string, { readonly view: TransferView; readonly at: number }>(
    MAX_KEPT_TRANSFERS,
  );

  constructor(clock: Clock, state: StateStore, link: Pick<AgentLink, "live" | "send">, name: () => string) {
    this.#clock = clock;
    this.#state = state;
    this.#link = link;
    this.#name = name;
    this.#slots = new Slots(clock, MAX_TRANSFERS, MAX_WAITING_TRANSFERS);
  }

  get counts(): { open: number; waiting: number } {
    return { open: this.#slots.busy, waiting: this.#slots.waiting };
  }

  /** Asks the Mac, once it is its key's turn. `gone`: whoever wants it is, where that can be known. */
  async begin(asked: Asked, by: string, gone: AbortSignal): Promise<Result<Transfer, Refused>> {
    if (this.#link.live() === undefined) return err(OFFLINE);
    if (!(await this.#slots.take(by, TRANSFER_TURN_MS, gone)))
      return err({ code: "rate_limited", detail: "too many attachments at once", retry_after_s: 5 });
    const { epoch } = this.#state.current;
    const frame = asked(this.#name());
    const transfer = new Transfer(frame, epoch, (over) => {
      this.#slots.free();
      cancel();
      this.#open.delete(over.id);
      this.#keep(over);
      this.#count(over);
    });
    const cancel = this.#clock.after(MAX_TRANSFER_MS, () => this.giveUp(transfer, TOO_LATE));
    this.#open.set(transfer.id, transfer);
    // A polite close cannot be known while nothing is sent (workerd 2026-04): that one ends by the timers.
    gone.addEventListener("abort", () => this.giveUp(transfer, BROKEN));
    if (!this.#link.send(frame)) transfer.fail(OFFLINE);
    return transfer.result?.ok === false ? err(transfer.result.error) : ok(transfer);
  }

  /** The one that those bytes belong to; undefined = nobody waits for them (any more). */
  find(id: string, direction: Transfer["direction"]): Transfer | undefined {
    const transfer = this.#open.get(id);
    return transfer?.direction === direction && transfer.epoch === this.#state.current.epoch
      ? transfer
      : undefined;
  }

  view(id: string): TransferView | undefined {
    const open = this.#open.get(id);
    if (open !== undefined) return { transfer: id, state: "open", bytes: open.moved, sha256: null };
    const kept = this.#kept.get(id);
    return kept !== undefined && kept.at + TRANSFER_KEPT_MS > this.#clock.now() ? kept.view : undefined;
  }

  frame(told: FrameOf<AgentFrame, "transfer">): void {
    const transfer = this.#open.get(told.transfer);
    if (transfer?.tell(told) === false) this.giveUp(transfer, NONSENSE);
  }

  /** What it waits for comes within a step, or it is given up. */
  async within<T>(transfer: Transfer, what: Promise<T>): Promise<T> {
    const cancel = this.#clock.after(TRANSFER_STEP_MS, () => this.giveUp(transfer, TOO_LATE));
    try {
      return await what;
    } finally {
      cancel();
    }
  }

  /** Whether the next bytes come, or are fetched, within a step; otherwise it is over. */
  async moves(transfer: Transfer): Promise<boolean> {
    const moves = transfer.moving.then(() => true);
    return this.within(transfer, Promise.race([moves, transfer.ended.then(() => false)]));
  }

  /** Nobody wants it any more, or it did not come: the Mac is told. */
  giveUp(transfer: Transfer, why: Refused): void {
    if (transfer.result !== undefined) return;
    this.#link.send({ t: "abort", transfer: transfer.id });
    transfer.fail(why);
  }

  /** Another link knows nothing of what was asked on this one. */
  linkLost(): void {
    // A copy: each that ends leaves the map.
    Array.from(this.#open.values()).forEach((transfer) => transfer.fail(OFFLINE));
  }

  /** Written with the next batch, as calls are: a transfer costs no row. `in` = from the Mac. */
  #count({ direction, moved, result }: Transfer): void {
    const isIn = direction === "read";
    const counted = isIn ? { files_in: 1, file_bytes_in: moved } : { files_out: 1, file_bytes_out: moved };
    this.#state.count(result?.ok === true ? counted : { files_failed: 1 });
  }

  #keep({ id, moved, result }: Transfer): void {
    const done = result?.ok === true && result.value.state === "done" ? result.value : undefined;
    const state = result?.ok === true ? "done" : "failed";
    const view: TransferView = { transfer: id, state, bytes: moved, sha256: done?.sha256 ?? null };
    this.#kept.set(id, { view, at: this.#clock.now() });
  }
}
