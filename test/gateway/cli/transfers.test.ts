import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { TransferBars } from "../../../gateway/cli/transfer-bars.ts";
import { TransferPace } from "../../../gateway/cli/transfer-pace.ts";
import { transferLine, type TransferView } from "../../../gateway/cli/transfer-words.ts";
import { cells } from "../../../gateway/cli/text-cells.ts";
import { ClientError } from "../../../gateway/client/client-error.ts";

const PLAIN = { full: "#", empty: "-", paint: (text: string) => text };
const HALF: TransferView = { label: "photo.jpg", bytes: 12.3e6, size: 30.1e6, speed: 4.2e6, waiting: null };

describe("a transfer's line", () => {
  test.each([
    [
      120,
      "photo.jpg  ################------------------------   40%  12.3 MB of 30.1 MB  4.2 MB/s   5 s left",
    ],
    [80, "photo.jpg  #######------------   40%  12.3 MB of 30.1 MB  4.2 MB/s   5 s left"],
    [66, "photo.jpg  ######----------   40%  12.3 MB of 30.1 MB  5 s left"],
    [55, "photo.jpg  #######-----------   40%  12.3 MB of 30.1 MB"],
    [42, "photo.jpg  ##########---------------   40%"],
    [20, "#####---------   40%"],
    [10, "40%"],
    [2, "40"],
    [0, ""],
  ])("of %i columns shows what fits, and the bar takes the rest", (columns, line) => {
    expect(transferLine(HALF, columns, PLAIN)).toBe(line);
  });

  test.each([200, 120, 80, 61, 50, 40, 33, 20, 9, 3, 1])("never has more than %i columns", (columns) => {
    const view = { ...HALF, label: "日本語のとても長いファイル名です.jpg" };
    for (const waiting of [null, "The Mac is not connected. Trying again …"])
      expect(cells(transferLine({ ...view, waiting }, columns, PLAIN))).toBeLessThanOrEqual(columns);
  });

  test("says why nothing moves, and lets no name move the cursor", () => {
    const view = { ...HALF, label: "a\u001b[2J\u202Eb", waiting: "The Mac is not connected." };
    expect(transferLine(view, 80, PLAIN)).toBe("a?[2J?b   40%  The Mac is not connected.");
  });

  test("is full for nothing, and as wide whatever is known", () => {
    expect(transferLine({ ...HALF, bytes: 0, size: 0, speed: null }, 60, PLAIN)).toContain("100%");
    const barOf = (view: TransferView): number => transferLine(view, 80, PLAIN).replace(/[^#-]/g, "").length;
    expect(barOf({ ...HALF, bytes: 0, speed: null })).toBe(barOf({ ...HALF, bytes: 30.1e6 }));
  });
});

describe("the speed", () => {
  test("is that of the last seconds, and not guessed at once", () => {
    const pace = new TransferPace();
    pace.note(0, 0);
    pace.note(400, 1_000);
    expect(pace.perSecond).toBeNull();
    pace.note(1_000, 2_000);
    expect(pace.perSecond).toBe(2_000);
    for (let second = 2; second <= 20; second += 1) pace.note(second * 1_000, second * 100 + 2_000);
    expect(pace.perSecond).toBe(100);
  });

  test("begins anew with the file", () => {
    const pace = new TransferPace();
    pace.note(0, 0);
    pace.note(1_000, 9_000);
    pace.note(2_000, 0);
    expect(pace.perSecond).toBeNull();
  });
});

describe("bars on a terminal", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });
  const barsOf = (sizes: readonly number[], glyphs: typeof PLAIN | undefined = PLAIN) => {
    const writes: string[] = [];
    const stream = { columns: 60, write: (text: string) => writes.push(text) };
    return { writes, bars: new TransferBars({ stream, glyphs, sizes, now: () => Date.now() }) };
  };
  const moved = (bytes: number, waiting: ClientError | null = null) => ({ bytes, size: 1_000_000, waiting });

  test("one file has one line, which is gone in the end", () => {
    const { writes, bars } = barsOf([1_000_000]);
    bars.start("a.jpg");
    bars.moved(moved(500_000));
    vi.advanceTimersByTime(200);
    expect(writes).toEqual([]);
    vi.advanceTimersByTime(200);
    expect(writes).toEqual([expect.stringMatching(/^a\.jpg {2}#+-+ {3}50% {2} 500 kB of 1\.0 MB$/)]);
    bars.ended(() => writes.push("said"));
    expect(writes.slice(1)).toEqual(["\r\u001b[J", "said"]);
    vi.advanceTimersByTime(1_000);
    expect(writes).toHaveLength(3);
  });

  test("several have a line of their sum below; what is said of one stands above", () => {
    const { writes, bars } = barsOf([1_000_000, 3_000_000]);
    bars.start("a.jpg");
    bars.moved(moved(1_000_000));
    bars.ended(() => writes.push("a is there"));
    bars.start("b.jpg");
    bars.moved({ bytes: 1_000_000, size: 3_000_000, waiting: null });
    vi.advanceTimersByTime(400);
    expect(writes[0]).toBe("a is there");
    const [one = "", sum = ""] = (writes.at(-1) ?? "").split("\n");
    expect(one).toMatch(/^b\.jpg .* 33% {2} 1\.0 MB of 3\.0 MB$/);
    expect(sum).toMatch(/^1 of 2 files .* 50% {2} 2\.0 MB of 4\.0 MB$/);
    bars.stop();
    expect(writes.at(-1)).toBe("\u001b[1A\r\u001b[J");
  });

  test("why it waits is said, in words that are no signal to anybody", () => {
    const { writes, bars } = barsOf([1_000_000]);
    bars.start("a.jpg");
    const waiting = new ClientError({ code: "agent_offline", status: 503, requestId: null });
    bars.moved(moved(10, waiting));
    vi.advanceTimersByTime(400);
    expect(writes.at(-1)).toBe("a.jpg    0%  The Mac is not connected. Trying again …");
    bars.stop();
  });

  test("where nothing may move, nothing does", () => {
    const writes: string[] = [];
    const stream = { write: (text: string) => writes.push(text) };
    const bars = new TransferBars({ stream, glyphs: undefined });
    bars.start("a.jpg");
    bars.moved(moved(500_000));
    vi.advanceTimersByTime(2_000);
    bars.ended(() => undefined);
    expect(writes).toEqual([]);
  });
});
