import type { EngineProcess } from "./engine-process.ts";
import type { Database } from "./host.ts";
import type { Target } from "./target.ts";
import type { AttachmentRow, ChatRef, TapbackKind, WorldOp } from "./world-op.ts";
import type { Chat, Message } from "./rows.ts";

/** What is sent; "" where there is no text or no file. */
export interface Outgoing {
  readonly text: string;
  readonly file: string;
  readonly replyTo?: string | undefined;
  /** A guid the caller chose (send.tracked). */
  readonly guid?: string | undefined;
  readonly sticker?: boolean;
}

/** Mutations as Messages would carry them out: operations appended to the database, tagged `through`. */
export class Effects {
  readonly #process: EngineProcess;

  constructor(process: EngineProcess) {
    this.#process = process;
  }

  /** The row that the send made, or undefined when its file cannot be read. */
  send(database: Database, target: Target, outgoing: Outgoing, through: string): Message | undefined {
    const guid = outgoing.guid ?? this.#unused(database);
    const attachments = outgoing.file === "" ? [] : this.#take(outgoing.file, guid);
    if (attachments === undefined) return undefined;
    const chat = "chat" in target ? target.chat.guid : target.newGuid;
    // The chat of a first message is made in the same write, so that no row is ever without it.
    const ops: WorldOp[] = "chat" in target ? [] : [{ op: "chat", guid: chat }];
    ops.push({
      op: "message",
      guid,
      chat,
      is_from_me: true,
      // Each attachment leaves an object replacement character in the text [04].
      text: "\uFFFC".repeat(attachments.length) + outgoing.text,
      date: this.#process.host.clock.now(),
      destination: this.#process.options.account,
      attachments,
      send_state: "delivered",
      ...(outgoing.replyTo === undefined ? {} : { thread_originator_guid: outgoing.replyTo }),
      ...(outgoing.sticker === true && outgoing.replyTo !== undefined
        ? { sticker_on: outgoing.replyTo }
        : {}),
      through,
    });
    database.append(ops);
    return database.world.message(guid);
  }

  tapback(database: Database, chat: Chat, on: string, reaction: Reaction, through: string): void {
    database.append([
      {
        op: "tapback",
        guid: this.#unused(database),
        chat: chat.guid,
        is_from_me: true,
        on,
        kind: reaction.kind,
        ...(reaction.emoji === undefined ? {} : { emoji: reaction.emoji }),
        remove: reaction.remove,
        date: this.#process.host.clock.now(),
        destination: this.#process.options.account,
        through,
      },
    ]);
  }

  /** A rename or a change of members leaves an empty row in the chat besides [04 rows 221, 222]. */
  changeGroup(database: Database, change: WorldOp & { readonly chat: ChatRef }): void {
    database.append([
      change,
      {
        op: "message",
        guid: this.#unused(database),
        chat: change.chat,
        is_from_me: true,
        text: "",
        date: this.#process.host.clock.now(),
        destination: this.#process.options.account,
      },
    ]);
  }

  /** From the host's numbers: a seed gives the same guids. */
  guid(): string {
    return uuid(this.#process.host.random);
  }

  /** One that no message has: every process with the same seed begins with the same guids. */
  #unused(database: Database): string {
    for (;;) {
      const guid = this.guid();
      if (database.world.message(guid) === undefined) return guid;
    }
  }

  #take(path: string, guid: string): AttachmentRow[] | undefined {
    const take = this.#process.host.takeFile;
    const row = take === undefined ? attachmentOf(path, 0) : take(path, guid);
    return row === undefined ? undefined : [row];
  }
}

/** A tapback that a call asks for. */
export interface Reaction {
  readonly kind: TapbackKind;
  readonly emoji?: string;
  readonly remove: boolean;
}

/** A version 4 UUID in capitals, as Messages writes its guids. */
export function uuid(random: () => number): string {
  const digits = Array.from({ length: 32 }, () => Math.floor(random() * 16).toString(16));
  digits[12] = "4";
  digits[16] = "89ab"[Math.floor(random() * 4)] ?? "8";
  const text = digits.join("").toUpperCase();
  return [text.slice(0, 8), text.slice(8, 12), text.slice(12, 16), text.slice(16, 20), text.slice(20)].join(
    "-",
  );
}

/** What Messages would store; anything else is plain data. */
const TYPES: Readonly<Record<string, readonly [uti: string, mime: string]>> = {
  heic: ["public.heic", "image/heic"],
  jpg: ["public.jpeg", "image/jpeg"],
  jpeg: ["public.jpeg", "image/jpeg"],
  png: ["public.png", "image/png"],
  gif: ["com.compuserve.gif", "image/gif"],
  pdf: ["com.adobe.pdf", "application/pdf"],
  mov: ["com.apple.quicktime-movie", "video/quicktime"],
  mp4: ["public.mpeg-4", "video/mp4"],
  caf: ["com.apple.coreaudio-format", "audio/x-caf"],
  m4a: ["com.apple.m4a-audio", "audio/x-m4a"],
  txt: ["public.plain-text", "text/plain"],
};

export function attachmentOf(filename: string, bytes: number): AttachmentRow {
  const name = filename.split("/").at(-1) ?? filename;
  const [uti, mime] = TYPES[name.split(".").at(-1)?.toLowerCase() ?? ""] ?? [
    "public.data",
    "application/octet-stream",
  ];
  return { filename, transfer_name: name, uti, mime_type: mime, total_bytes: bytes };
}
