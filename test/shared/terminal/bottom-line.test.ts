import { expect, it } from "vitest";
import { BottomLine } from "../../../shared/terminal/bottom-line.ts";

const ESC = "\u001B";
const CLEAR = `\r${ESC}[J`;
/** What a terminal reads: the moves, colours and line ends that are written here, and characters. */
const PARTS = new RegExp(`${ESC}\\[\\d*[AJm]|[\\r\\n]|[^${ESC}\\r\\n]`, "g");

/** A terminal as far as it matters here: rows of characters, one cursor. */
class Screen {
  columns: number;
  readonly writes: string[] = [];
  #rows: string[] = [""];

  constructor(columns = 40) {
    this.columns = columns;
  }

  write(text: string): void {
    this.writes.push(text);
    for (const part of text.match(PARTS) ?? []) this.#take(part);
  }

  /** What the window shows once it has been made narrower. */
  narrow(columns: number): void {
    this.columns = columns;
    this.#rows = this.#rows.flatMap((row) => row.match(new RegExp(`.{1,${columns}}`, "g")) ?? [""]);
  }

  get rows(): readonly string[] {
    return this.#rows;
  }

  #take(part: string): void {
    const last = this.#rows.length - 1;
    if (part === "\n") this.#rows.push("");
    else if (part === "\r") this.#column = 0;
    else if (part.endsWith("J")) this.#rows[last] = (this.#rows[last] ?? "").slice(0, this.#column);
    else if (part.endsWith("A"))
      this.#rows.length = Math.max(1, this.#rows.length - Number(part.slice(2, -1)));
    else if (!part.endsWith("m")) {
      this.#rows[last] = (this.#rows[last] ?? "") + part;
      this.#column = undefined;
    }
  }

  /** Where the next clear begins; undefined = at the end of the row. */
  #column: number | undefined;
}

function bottomLine(columns?: number, cells?: (text: string) => number) {
  const screen = new Screen(columns);
  const shown: { text: string | undefined } = { text: undefined };
  const line = new BottomLine(
    screen,
    (columns) =>
      shown.text
        ?.split("\n")
        .map((text) => text.slice(0, columns))
        .join("\n"),
    cells,
  );
  return { screen, shown, line };
}

it("what is printed meanwhile stands whole above the line, and the line stands below it", () => {
  const { screen, shown, line } = bottomLine();
  line.write("before\n");
  shown.text = "### 10%";
  line.redraw();
  expect(screen.rows).toEqual(["before", "### 10%"]);
  line.write("a log line\n");
  shown.text = "### 20%";
  line.redraw();
  expect(screen.rows).toEqual(["before", "a log line", "### 20%"]);
  line.clear();
  expect(screen.rows).toEqual(["before", "a log line", ""]);
});

it("what has not changed is not written again", () => {
  const { screen, shown, line } = bottomLine();
  line.redraw();
  expect(screen.writes).toEqual([]);
  shown.text = "50%";
  line.redraw();
  line.redraw();
  expect(screen.writes).toEqual(["50%"]);
});

it("a change is one write, so that nothing is seen half drawn", () => {
  const { screen, shown, line } = bottomLine();
  shown.text = "50%";
  line.redraw();
  line.write("a log line\n");
  expect(screen.writes).toEqual(["50%", `${CLEAR}a log line\n50%`]);
});

it("the line that is over is gone with the summary that replaces it", () => {
  const { screen, shown, line } = bottomLine();
  shown.text = "99%";
  line.redraw();
  shown.text = undefined;
  line.write("caught up\n");
  expect(screen.rows).toEqual(["caught up", ""]);
  line.redraw();
  line.clear();
  expect(screen.rows).toEqual(["caught up", ""]);
});

it("the last column stays free: some terminals go on to the next line there", () => {
  const { screen, shown, line } = bottomLine(20);
  shown.text = "x".repeat(100);
  line.redraw();
  expect(screen.rows[0]).toHaveLength(19);
});

it("a terminal that says no width, or 0, is taken to be usual", () => {
  const { screen, shown, line } = bottomLine(0);
  shown.text = "x".repeat(100);
  line.redraw();
  expect(screen.rows[0]).toHaveLength(79);
});

it("a window that became narrower keeps no remains of the folded line", () => {
  const { screen, shown, line } = bottomLine(40);
  line.write("before\n");
  shown.text = `\u001B[36m${"#".repeat(30)}\u001B[39m`;
  line.redraw();
  screen.narrow(20);
  shown.text = "###";
  line.redraw();
  expect(screen.rows).toEqual(["before", "###"]);
});

it("several lines are drawn again from the first one, folded or not", () => {
  const { screen, line, shown } = bottomLine(40, (text) => text.replaceAll("日", "xx").length);
  line.write("before\n");
  shown.text = `one ${"#".repeat(20)}\n${"日".repeat(10)}\nthree`;
  line.redraw();
  expect(screen.rows).toHaveLength(4);
  shown.text = "one\ntwo";
  line.redraw();
  expect(screen.rows).toEqual(["before", "one", "two"]);
  line.write("a log line\n");
  expect(screen.rows).toEqual(["before", "a log line", "one", "two"]);
  line.clear();
  expect(screen.rows).toEqual(["before", "a log line", ""]);
});
