/**
 * What can happen in a Messages database, one operation a line of the world file. The names are the
 * database's own: a `message` row, its `join` to a chat, the tables' columns in snake_case.
 */

/** A chat by rowid or guid. */
export type ChatRef = number | string;

/** A message by rowid or guid. */
export type MessageRef = number | string;

export type TapbackKind = "love" | "like" | "dislike" | "laugh" | "emphasis" | "question" | "custom";

export interface AttachmentRow {
  /** As stored: `~/Library/…` or absolute; null while Messages has not given the file a place. */
  readonly filename: string | null;
  readonly transfer_name: string;
  readonly uti: string;
  readonly mime_type: string;
  /** From the row, not the file: Messages writes it before the file is complete. */
  readonly total_bytes: number;
  readonly is_sticker?: boolean;
  /** Absent: imsg looks whether the file is there. */
  readonly missing?: boolean;
}

export interface ChatOp {
  readonly op: "chat";
  readonly rowid?: number;
  readonly guid: string;
  /** Absent: the last part of the guid. */
  readonly identifier?: string;
  /** Absent: the first part of the guid (`any` counts as iMessage). */
  readonly service?: string;
  /** Null and "" differ: with null, imsg shows the identifier as name [transcript 02]. */
  readonly display_name?: string | null;
  /** Absent: the identifier of a DM; nobody in a group. */
  readonly participants?: readonly string[];
}

export interface MessageOp {
  readonly op: "message";
  readonly rowid?: number;
  readonly guid: string;
  /** Absent: a row without a join (imsg shows it with chat_id 0). Several: joined to several chats. */
  readonly chat?: ChatRef | readonly ChatRef[];
  readonly sender?: string;
  readonly is_from_me?: boolean;
  readonly text: string;
  /** ISO 8601 or epoch milliseconds; null as in rows that never got a date. */
  readonly date: string | number | null;
  /** One's own address in this conversation; null for SMS rows of old databases. */
  readonly destination?: string | null;
  readonly service?: string;
  readonly attachments?: readonly AttachmentRow[];
  readonly thread_originator_guid?: string;
  /** A sticker put on a message (association 1000): reply_to_guid, not thread_originator_guid. */
  readonly sticker_on?: string;
  readonly balloon_bundle_id?: string;
  /** The text column is NULL and the words live in attributedBody only. */
  readonly attributed_only?: boolean;
  readonly is_read?: boolean;
  readonly send_state?: SendState;
  readonly scheduled_for?: string | number;
  /** The imsg method that made this row: the effects ledger counts these. */
  readonly through?: string;
}

export type SendState = "pending" | "sent" | "delivered" | "failed";

export interface TapbackOp {
  readonly op: "tapback";
  readonly rowid?: number;
  readonly guid: string;
  readonly chat: ChatRef;
  readonly sender?: string;
  readonly is_from_me?: boolean;
  /** The guid of the message reacted to. */
  readonly on: string;
  readonly kind: TapbackKind;
  readonly emoji?: string;
  readonly remove?: boolean;
  readonly date: string | number | null;
  /** Absent: the sentence Messages writes ("Loved “…”"). */
  readonly text?: string;
  readonly destination?: string | null;
  readonly through?: string;
}

/** Many plain rows in one line, so that 50,000 rows cost no 50,000 lines. */
export interface BulkOp {
  readonly op: "bulk";
  readonly count: number;
  readonly chat: ChatRef;
  readonly sender: string;
  readonly text: string;
  /** Eight hexadecimal digits, the head of every guid of the run. */
  readonly guid_head: string;
  readonly date: string | number;
  readonly step_ms?: number;
  readonly destination?: string | null;
}

export type WorldOp =
  /** The first line: what makes the file a database. */
  | { readonly op: "database"; readonly name: string }
  | ChatOp
  | MessageOp
  | TapbackOp
  | BulkOp
  | { readonly op: "join"; readonly message: MessageRef; readonly chat: ChatRef }
  | {
      readonly op: "rename";
      readonly chat: ChatRef;
      readonly display_name: string | null;
      readonly through?: string;
    }
  | {
      readonly op: "add_participant";
      readonly chat: ChatRef;
      readonly handle: string;
      readonly through?: string;
    }
  | {
      readonly op: "remove_participant";
      readonly chat: ChatRef;
      readonly handle: string;
      readonly through?: string;
    }
  | { readonly op: "edit"; readonly message: MessageRef; readonly text: string; readonly through?: string }
  | { readonly op: "unsend"; readonly message: MessageRef; readonly through?: string }
  | { readonly op: "delete"; readonly message: MessageRef; readonly through?: string }
  /** "Recently deleted" keeps the row and drops its joins. */
  | { readonly op: "recently_delete"; readonly message: MessageRef }
  | { readonly op: "delete_chat"; readonly chat: ChatRef; readonly through?: string }
  | { readonly op: "attachment"; readonly message: MessageRef; readonly attachment: AttachmentRow }
  | {
      readonly op: "send_state";
      readonly message: MessageRef;
      readonly state: SendState;
      readonly date: string | number;
    }
  | { readonly op: "read"; readonly chat: ChatRef; readonly date: string | number; readonly through?: string }
  /** Something the private-API bridge sees and the database does not, e.g. `started-typing`. */
  | {
      readonly op: "bridge_event";
      readonly event: string;
      readonly data: Readonly<Record<string, string | number | boolean>>;
    }
  /** An effect that leaves no row (typing, a group photo), kept for the ledger. */
  | { readonly op: "effect"; readonly through: string; readonly detail: string };
