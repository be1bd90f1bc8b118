// Markdown to what Messages shows: a plain text and the styles of its parts. Read paragraph by paragraph: a style
// ends with its paragraph. What is not certainly markup stays as it is: code with its marks, the marks of lists,
// quotations and rules. Nothing gets longer.
import { fencedLines } from "../markdown-fences.ts";
import { readInline } from "./inline.ts";
import { isBlank, type Piece, type Work } from "./piece.ts";
import { moved, rangesOf, type StyledRange, type StyleSpan } from "./styles.ts";

interface PlainText {
  readonly text: string;
  readonly formatting: readonly StyledRange[];
}

export function plainText({ text: markdown, startsLine }: Piece, work: Work = { units: 0 }): PlainText {
  const lines = markdown.split("\n");
  const fenced = fencedLines(startsLine ? lines : lines.with(0, ""));
  const page = new Page(work);
  let isList = false;
  for (const [at, line] of lines.entries()) {
    const block = at === 0 && !startsLine ? tailOf(line) : blockOf(line);
    const isIndented = /^(?: {4}|\t)/.test(line);
    isList = block.isItem || (isList && (page.isOpen || isIndented || isBlank(line)));
    const isCode = fenced[at] === true || (isIndented && !isList && !page.isOpen);
    if (isCode || isBlank(block.text) || RULE.test(line)) page.keep(line);
    else if (block.isHeading) page.heading(block.marks, block.text);
    else if (block.marks !== "") page.paragraph(block.marks, block.text);
    else page.line(line);
  }
  return page.end();
}

/** Where a line is more than the text of a paragraph. */
interface Block {
  /** Kept: of lists and quotations, with the blanks around them. */
  readonly marks: string;
  readonly isItem: boolean;
  readonly isHeading: boolean;
  readonly text: string;
}

const MARKS = /^(?:[ \t]*(?:>|[-*+](?=[ \t])|\d{1,9}[.)](?=[ \t])))+[ \t]*/;
const HEADING = /^ {0,3}#{1,6}[ \t]+(?=[^ \t])/;
const RULE = /^ {0,3}(?:(?:\*[ \t]*){3,}|(?:-[ \t]*){3,}|(?:_[ \t]*){3,})$/;

function blockOf(line: string): Block {
  const marks = MARKS.exec(line)?.[0] ?? "";
  const text = line.slice(marks.length);
  const heading = HEADING.exec(text)?.[0];
  const isHeading = heading !== undefined;
  return {
    marks,
    isItem: /[^>\s]/.test(marks),
    isHeading,
    text: isHeading ? titleOf(text.slice(heading.length)) : text,
  };
}

const tailOf = (text: string): Block => ({ marks: "", isItem: false, isHeading: false, text });

/** A heading may be closed by as many signs as one likes. */
function titleOf(text: string): string {
  const title = text.trimEnd();
  let end = title.length;
  while (title.charAt(end - 1) === "#") end -= 1;
  const isClosed = end < title.length && (end === 0 || /[ \t]/.test(title.charAt(end - 1)));
  return isClosed ? title.slice(0, end).trimEnd() : title;
}

/** What was read so far, and the paragraph that is not at its end yet. */
class Page {
  #text = "";
  #isEmpty = true;
  readonly #spans: StyleSpan[] = [];
  readonly #work: Work;
  #paragraph: string | undefined;

  constructor(work: Work) {
    this.#work = work;
  }

  get isOpen(): boolean {
    return this.#paragraph !== undefined;
  }

  keep(line: string): void {
    this.#close();
    this.#add(line);
  }

  heading(marks: string, title: string): void {
    this.#close();
    this.#add(marks);
    const start = this.#text.length;
    this.#read(title);
    this.#spans.push({ start, end: this.#text.length, style: "bold" });
  }

  paragraph(marks: string, line: string): void {
    this.#close();
    this.#add(marks);
    this.#paragraph = line;
  }

  /** Of the open paragraph, or the first of a new one. */
  line(line: string): void {
    if (this.#paragraph === undefined) this.paragraph("", line);
    else this.#paragraph += `\n${line}`;
  }

  end(): PlainText {
    this.#close();
    return { text: this.#text, formatting: rangesOf(this.#spans) };
  }

  #close(): void {
    if (this.#paragraph !== undefined) this.#read(this.#paragraph);
    this.#paragraph = undefined;
  }

  #read(markdown: string): void {
    const { text, spans } = readInline(markdown, this.#work);
    for (const span of moved(spans, this.#text.length)) this.#spans.push(span);
    this.#text += text;
  }

  /** Begins a line. */
  #add(text: string): void {
    this.#text += this.#isEmpty ? text : `\n${text}`;
    this.#isEmpty = false;
  }
}
