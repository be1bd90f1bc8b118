// Help on a terminal of any width: what stands in columns stays in them, and paragraphs are filled anew.

/** Where nobody says how wide the terminal is; and the widest line that is still read with ease. */
const DEFAULT_COLUMNS = 80;
const MOST_COLUMNS = 110;
const LEAST_COLUMNS = 40;

interface Block {
  /** Stands on its first line alone, and is as wide as the others are indented. */
  readonly head: string;
  text: string;
  /** A command that somebody may copy. */
  readonly isWhole: boolean;
}

/** `columns`: undefined = a pipe, a file, or a terminal that does not say. */
export function helpText(lines: readonly string[], columns: number | undefined): string {
  const width = Math.min(Math.max(columns ?? DEFAULT_COLUMNS, LEAST_COLUMNS), MOST_COLUMNS);
  return `${blocksOf(lines, width)
    .flatMap((block) => (block.isWhole ? [block.text] : filled(block, width)))
    .join("\n")}\n`;
}

function blocksOf(lines: readonly string[], width: number): Block[] {
  const blocks: Block[] = [];
  let isExample = false;
  for (const line of lines) {
    isExample = line === "Examples:" || (isExample && line !== "");
    const block = blockOf(line, width, isExample || line === "");
    const before = blocks.at(-1);
    const goesOn = before?.isWhole === false && !block.isWhole && isBlank(block.head);
    if (goesOn && before.head.length === block.head.length && before.text !== "")
      before.text += ` ${block.text}`;
    else blocks.push(block);
  }
  return blocks;
}

/** `  --limit N    at most so many` has a head up to where its sentence begins; other lines are merely indented. */
function blockOf(line: string, width: number, isWhole: boolean): Block {
  const [, head = ""] = /^( *(?:\S+ )*\S+ {2,}| *)/.exec(line) ?? [];
  const isNarrow = head.length <= width / 2;
  return isNarrow
    ? { head, text: line.slice(head.length), isWhole: false, ...(isWhole ? { text: line, isWhole } : {}) }
    : { head: "", text: line, isWhole };
}

function filled({ head, text }: Block, width: number): string[] {
  const lines: string[] = [];
  let line = head;
  for (const word of text.split(/ +/)) {
    const isFresh = line.length === head.length;
    if (!isFresh && line.length + 1 + word.length > width) {
      lines.push(line);
      line = `${" ".repeat(head.length)}${word}`;
    } else line += isFresh ? word : ` ${word}`;
  }
  return [...lines, line];
}

const isBlank = (text: string): boolean => text.trim() === "";
