// Disks that are slow, full or changing: the Mac's own, with one thing otherwise.
import type { OpenedFile, StagedWriter, TransferPorts } from "../../../agent/transfers/ports.ts";

type Change = (real: TransferPorts) => TransferPorts;

/** Whoever writes a staged file writes by this. */
export const writing =
  (change: (writer: StagedWriter) => Partial<StagedWriter>): Change =>
  (real) => ({
    ...real,
    staging: {
      ...real.staging,
      open: async (meta) => {
        const writer = await real.staging.open(meta);
        return { ...writer, ...change(writer) };
      },
    },
  });

/** Whoever reads a file of the Mac's reads by this. */
export const reading =
  (change: (file: OpenedFile) => Partial<OpenedFile>): Change =>
  (real) => ({
    ...real,
    open: async (path, within) => {
      const opened = await real.open(path, within);
      return opened.ok ? { ok: true, value: { ...opened.value, ...change(opened.value) } } : opened;
    },
  });
