import { connect } from "node:net";
import type { Input } from "../lines/input.ts";
import { LineSplitter } from "../lines/line-splitter.ts";
import type { Output } from "../lines/output.ts";
import { TOO_LONG_ANSWER } from "../lines/too-long.ts";
import { mintKey } from "../client/mint-key.ts";
import { systemClock } from "../client/system-clock.ts";
import { MAX_LINE_BYTES } from "../limits.ts";
import { Borrower } from "./borrower.ts";
import { isPrivate, type Place } from "./place.ts";
import type { Keyed } from "./protocol.ts";

interface BorrowParts {
  readonly place: Place;
  readonly isOld: boolean;
  readonly input: Input;
  readonly output: Output;
  readonly own: (open: readonly Keyed[]) => void;
  readonly done: () => void;
}

/** Serves standard input over a running sibling's connection; without one, over an own one at once. */
export function borrow({ place, isOld, input, output, own, done }: BorrowParts): void {
  if (!isPrivate(place.folder)) {
    own([]);
    return;
  }
  const socket = connect(place.socket);
  const splitter = new LineSplitter(MAX_LINE_BYTES);
  const borrower = new Borrower({
    clock: systemClock,
    mintKey,
    isOld,
    send: (line) => void socket.write(`${line}\n`),
    hangUp: () => void socket.destroy(),
    answer: (line) => output.write(line),
    own,
    done,
  });
  socket.on("connect", () => borrower.connected());
  socket.on("data", (chunk) => {
    for (const line of splitter.push(chunk)) {
      // An answer too long for a line would leave its caller waiting: own connection.
      if (line.kind === "line") borrower.lenderLine(line.text);
      else borrower.lenderLost();
    }
  });
  // Whatever ends the socket, "close" follows.
  socket.on("error", () => undefined);
  socket.on("close", () => borrower.lenderLost());
  input.take({
    line: (line) => {
      if (line.kind === "line") borrower.line(line.text);
      else output.write(TOO_LONG_ANSWER);
    },
    end: () => borrower.end(),
  });
}
