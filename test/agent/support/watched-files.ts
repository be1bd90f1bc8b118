// Files that transfers open, seen from outside: which are open, and when they are looked at again.
import type { OpenedFile, TransferPorts } from "../../../agent/transfers/ports.ts";

/** Every file that is opened is seen, and something may happen when it is looked at again. */
export const watched =
  (opened: OpenedFile[], onLook: (looks: number) => void = () => undefined) =>
  (real: TransferPorts): TransferPorts => ({
    ...real,
    open: async (path, within) => {
      const result = await real.open(path, within);
      if (!result.ok) return result;
      const file = result.value;
      let looks = 0;
      const value: OpenedFile = {
        facts: file.facts,
        etag: file.etag,
        look: () => {
          looks += 1;
          onLook(looks);
          return file.look();
        },
        read: (into, position) => file.read(into, position),
        close: async () => {
          opened.splice(opened.indexOf(value), 1);
          await file.close();
        },
      };
      opened.push(value);
      return { ok: true, value };
    },
  });
