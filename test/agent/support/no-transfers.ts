// The ports of transfers on a Mac without attachments, for agents in one process whose tests are of other things.
import type { TransferPorts } from "../../../agent/transfers/ports.ts";
import { sha256 } from "../../../agent/node/machine.ts";

export const noTransfers: TransferPorts = {
  open: () => Promise.resolve({ ok: false, error: "missing" }),
  wire: {
    post: () => ({
      write: () => Promise.resolve(false),
      end: () => Promise.resolve({ kind: "cut" }),
      destroy: () => undefined,
    }),
    fetch: () => Promise.resolve({ kind: "cut" }),
  },
  staging: {
    list: () => [],
    create: () => Promise.resolve(),
    keep: () => Promise.resolve(),
    open: () => Promise.reject(new Error("nothing is staged here")),
    digest: () => Promise.reject(new Error("nothing is staged here")),
    remove: () => Promise.resolve(),
    locate: () => undefined,
  },
  sha256,
};
