import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { plainText } from "../../../shared/outbound/plain-text.ts";
import { ENDLESS, nasty, scraps } from "./texts.ts";

const read = (text: string, startsLine = true): ReturnType<typeof plainText> =>
  plainText({ text, startsLine });

/** The text with its styles written around their ranges: `{b:bold}`. */
function marked(markdown: string, startsLine = true): string {
  const { text, formatting } = read(markdown, startsLine);
  let at = 0;
  let out = "";
  for (const { start, length, styles } of formatting) {
    const initials = styles.map((style) => style.charAt(0)).join("");
    out += `${text.slice(at, start)}{${initials}:${text.slice(start, start + length)}}`;
    at = start + length;
  }
  return out + text.slice(at);
}

describe("styles (TXT7)", () => {
  it.each([
    ["a **b** c", "a {b:b} c"],
    ["a __b__ c", "a {b:b} c"],
    ["*a* _b_", "{i:a} {i:b}"],
    ["~~a~~ b", "{s:a} b"],
    ["<u>a</u> <U>b</U>", "{u:a} {u:b}"],
    ["***a*** ___b___", "{bi:a} {bi:b}"],
    ["**a *b* c**", "{b:a }{bi:b}{b: c}"],
    ["**a *b***", "{b:a }{bi:b}"],
    ["***a* b**", "{bi:a}{b: b}"],
    ["***a** b*", "{bi:a}{i: b}"],
    ["*a **b** c*", "{i:a }{bi:b}{i: c}"],
    ["**a _b ~~c~~_ <u>d</u>**", "{b:a }{bi:b }{bis:c}{b: }{bu:d}"],
    ["**<u>a</u>** <u>*b*</u>", "{bu:a} {iu:b}"],
    ["<u>a **b</u> c**", "{u:a }{bu:b}{b: c}"],
    ["*a _b* c_", "{i:a _b} c_"],
    ["<u>a</u> b</u>", "{u:a} b</u>"],
    ['"**`a`**"', '"{b:`a`}"'],
    ["*https://a.example*. b", "{i:https://a.example}. b"],
    ["$a_b *c* d$5", "$a_b {i:c} d$5"],
    ["$a *b* c$ and $5", "$a {i:b} c$ and $5"],
    ['**a**, (**b**); "*c*" **d**/**e**', '{b:a}, ({b:b}); "{i:c}" {b:d}/{b:e}'],
    ["**Note:** a **Really?** b", "{b:Note:} a {b:Really?} b"],
    ["**a\nb** c", "{b:a\nb} c"],
    ["这是**重点**内容。**“引”**也是", "这是{b:重点}内容。{b:“引”}也是"],
    ["**중요**합니다", "{b:중요}합니다"],
    ["✅**a** ❤️**b**", "✅{b:a} ❤️{b:b}"],
    ["*😀* **🎉**", "{i:😀} {b:🎉}"],
    ["**`a`** b", "{b:`a`} b"],
    ["**__init__** __a b__ __c__", "{b:__init__} {b:a b} {b:c}"],
    ["😀 **a** 👩‍👩‍👧 *b*", "😀 {b:a} 👩‍👩‍👧 {i:b}"],
    ["- **a**: b\n- *c*", "- {b:a}: b\n- {i:c}"],
    ["**a** **b**", "{b:a} {b:b}"],
    ["**重**要**点**", "{b:重}要{b:点}"],
  ])("TXT7 %j is %j", (markdown, expected) => {
    expect(marked(markdown)).toBe(expected);
  });

  it("TXT7 ranges count UTF-16 units, and their styles are sorted", () => {
    expect(read("😀 <u>*a*</u> **b**")).toEqual({
      text: "😀 a b",
      formatting: [
        { start: 3, length: 1, styles: ["italic", "underline"] },
        { start: 5, length: 1, styles: ["bold"] },
      ],
    });
  });

  it("TXT7 neighbours of one style are one range", () => {
    expect(read("# a **b** c").formatting).toEqual([{ start: 0, length: 5, styles: ["bold"] }]);
  });
});

describe("what is no style (TXT7)", () => {
  it.each([
    "snake_case_names and _one",
    "__init__ and __main__ and __init__.py and obj.__foo__ and __bar__() and __proto",
    "2*3*4 = 24, 2 * 3 * 4, 2**3**4, a*b*c",
    "x**2 + y**2 and (a)**2 + (b)**2 and 10**-3",
    "def f(*args, **kwargs): g(*args, **kwargs)",
    "**kwargs, **options",
    "a ** b ** c",
    "int *p, *q; char **argv",
    "*.ts, *.js and **/*.ts, src/*.ts and test/*.ts, *.*",
    ".*foo.*bar.*",
    'the "*" and the "_" and "*"',
    "5* hotels, A* search and B* trees; *Terms apply",
    "*_* (*_*) ^_^ -_- >_< T_T o_o ;_; ._. *-* (._.) u_u",
    "-_- hello -_- there ^_^ you ^_^ and *^_^* me *^_^*",
    "¯\\_(ツ)_/¯ twice ¯\\_(ツ)_/¯",
    ":* and :-*",
    "f*** you, b****, s**t, ***@a.example and ***-***-1234",
    "Name: ____ Date: ______ ** ** __ __",
    "https://a.example/b_c_d/e*f*g?h=__i__ and http://x.example/_y_",
    "www.a.example/_b_/c",
    "C:\\_a_\\*b* and \\\\server\\_share_\\x",
    "$x_i * y_i$ and $$a_{ij} * b_{ij} * c$$ and \\(a_1\\) and \\[ x_1 * x_2 * x_3 \\]",
    "$5 and 6$ and $7",
    "@_user_ and #_tag_ and a@_b_.example",
    "**a*\n\n*a**\n\n**a\n\na**\n\n***a\n\n***\n\n****a****",
    "** a** and **a ** and * a *",
    "*a (* b\n\n**/a and b**\n\n*a src/* b\n\n_a_.b\n\n**a**.b\n\n中_文_ x\n\n_文_字",
    "a \\\\*b* and \\\\_c",
    "$a_b `$ *x* y` z and \\(a_b `\\) *x* y` z",
    "\\\\`*a*` and __bar__() and x__\n\n__foo__.py and x__",
    "~5 min, ~ 6 ~, ~a~ and ~~~",
    "**...** and *-* and ~~?~~ and <u></u> and <u> </u>",
    '<b>*a*</b> <a href="_x_">',
    "<u>a",
    "a</u>",
    "a < b_c_ > d",
    "**a**b\n\na**b**\n\n_a_b\n\na_b_",
    "[ ] [x] [^1] [a] [a][b] arr[i](x) f[0](a.b) [a](b) [a]( https://a.example",
    "| a | b |",
    "a\\b \\n \\d+ \\o/ \\(^o^)/ a\\\\b",
    "`**a**` and ``*b` _c_`` and `d",
    "***",
    "- - -\n___\n* * *",
    "a\n***\nb",
    "#hashtag and #1",
    "#",
    "# \n## #",
    "Title\n===",
    "&amp; &lt;",
    "",
    " \n\t\n",
  ])("TXT7 %j stays as it is", (text) => {
    expect(read(text)).toEqual({ text, formatting: [] });
  });

  it.each([
    ["**a\n\nb**", "a paragraph's end"],
    ["- *a\n- b*", "an item's"],
    ["**a\n# b**", "a heading"],
    ["**a\n```\nb**\n```", "code"],
    ["*a\n***\nb*", "a rule"],
    ["> **a\n> b**", "a quotation's line"],
  ])("TXT7 no style goes on over %j (%s)", (text) => {
    const marksOf = (all: string): string => all.replace(/[^*]/g, "");
    expect(marksOf(read(text).text)).toBe(marksOf(text));
  });
});

describe("code, links and the marks of lines (TXT7)", () => {
  it.each([
    ["inline code", "`*a*` *b*", "`*a*` {i:b}"],
    ["with more backticks", "``a`*b*`` *c*", "``a`*b*`` {i:c}"],
    ["over two lines", "`a\n*b*` *c*", "`a\n*b*` {i:c}"],
    ["nor does it end the code before another", "\\` `*a*`", "` `*a*`"],
    ["an escaped backtick begins none", "\\` *a* `b", "` {i:a} `b"],
    ["a block of code", "```js\n**a**\n# b\n```\n**c**", "```js\n**a**\n# b\n```\n{b:c}"],
    ["one that is not closed", "~~~\n**a**\n\n*b*", "~~~\n**a**\n\n*b*"],
    ["an indented one", "a\n\n    **b**\n\nc", "a\n\n    **b**\n\nc"],
    ["no code: the rest of an item", "- a\n\n    **b**", "- a\n\n    {b:b}"],
    ["nor a deeper item", "    - **b**", "    - {b:b}"],
    ["nor an indented line of a paragraph", "a\n    **b**", "a\n    {b:b}"],
    ["a link", "[a b](https://c.example/d_e_f)", "a b (https://c.example/d_e_f)"],
    ["in a style", "**[a](https://c.example)**", "{b:a (https://c.example)}"],
    ["with one", "[*a*](https://c.example) b", "{i:a} (https://c.example) b"],
    ["with brackets in it", "([a](https://c.example/A_(b)))", "(a (https://c.example/A_(b)))"],
    ["with a title", '[a](https://c.example "T")', "a (https://c.example)"],
    ["with brackets around its text", "[[1]](https://c.example)", "[1] (https://c.example)"],
    [
      "links hold no links",
      "[a [b](https://c.example) d](https://e.example)",
      "[a b (https://c.example) d](https://e.example)",
    ],
    ["an address with brackets to itself", "[c.example/(b)](https://c.example/(b))", "https://c.example/(b)"],
    ["of an address to itself", "[c.example](https://www.c.example/)", "https://www.c.example/"],
    ["without a text", "[](https://c.example)", "https://c.example"],
    ["to a mailbox", "[a@b.c](mailto:a@b.c) [d](mailto:a@b.c)", "a@b.c d (mailto:a@b.c)"],
    ["to a file", "see [a](docs/a.md)", "see a (docs/a.md)"],
    ["an image", "![a](https://c.example/i.png)", "a (https://c.example/i.png)"],
    ["no style goes over a link's edge", "*a [b* c](https://d.example)", "*a b* c (https://d.example)"],
    ["an address in angle brackets", "<https://a.example/b_c>", "https://a.example/b_c"],
    [
      "escapes",
      "\\*a\\* \\_b\\_ \\~~c~~ \\`d\\` \\[e\\] \\#f \\$5 1\\. g",
      "*a* _b_ ~~c~~ `d` [e] #f $5 1. g",
    ],
    ["escapes of a line's marks", "\\- a\n\\+ b\n\\# c\n\\> d", "- a\n+ b\n# c\n> d"],
    [
      "an escaped link",
      "\\[a\\](https://b.example) \\![c](https://d.example)",
      "[a](https://b.example) !c (https://d.example)",
    ],
    ["a heading", "# a\n###### b ##\n##c", "{b:a}\n{b:b}\n##c"],
    ["its own styles", "## a *b* `c`", "{b:a }{bi:b}{b: `c`}"],
    ["signs at its end", "# C#", "{b:C#}"],
    ["in an item, in a quotation", "- # a\n> ## b", "- {b:a}\n> {b:b}"],
    ["lists", "* a *b*\n+ c\n  - d\n10. *e*\n2) f", "* a {i:b}\n+ c\n  - d\n10. {i:e}\n2) f"],
    ["items to do", "- [ ] *a*\n- [x] b", "- [ ] {i:a}\n- [x] b"],
    ["quotations", "> *a*\n>> b\n>c", "> {i:a}\n>> b\n>c"],
    ["the next line of a quotation's paragraph", "> *a\nb*", "> {i:a\nb}"],
    ["blank lines", "\n\n*a*\n\n\n*b*\n", "\n\n{i:a}\n\n\n{i:b}\n"],
  ])("TXT7 %s", (_, markdown, expected) => {
    expect(marked(markdown)).toBe(expected);
  });

  it("TXT7 what begins in the middle of a line is no heading, item or fence", () => {
    expect(marked("# 5 *a*", false)).toBe("# 5 {i:a}");
    expect(marked("~~~ a\n*b*", false)).toBe("~~~ a\n{i:b}");
    expect(marked("> *a\nb*", false)).toBe("> {i:a\nb}");
    expect(marked("a\n# b", false)).toBe("a\n{b:b}");
  });
});

describe("any Markdown (TXT8)", () => {
  it("TXT8 ranges are sorted, apart, within the text and not empty; neighbours differ", () => {
    fc.assert(
      fc.property(nasty, fc.boolean(), (markdown, startsLine) => {
        const { text, formatting } = read(markdown, startsLine);
        let last = { end: 0, styles: "" };
        for (const { start, length, styles } of formatting) {
          expect(length).toBeGreaterThan(0);
          expect(start).toBeGreaterThanOrEqual(last.end);
          expect(styles).toEqual([...new Set(styles)].sort());
          expect(styles.length).toBeGreaterThan(0);
          expect(`${start} ${styles.join()}`).not.toBe(`${last.end} ${last.styles}`);
          last = { end: start + length, styles: styles.join() };
        }
        expect(last.end).toBeLessThanOrEqual(text.length);
      }),
    );
  });

  it("TXT8 it gets no longer, not blank, and keeps its lines", () => {
    fc.assert(
      fc.property(nasty, fc.boolean(), (markdown, startsLine) => {
        const { text } = read(markdown, startsLine);
        expect(text.length).toBeLessThanOrEqual(markdown.length);
        expect(text.trim() === "").toBe(markdown.trim() === "");
        expect(text.split("\n").length).toBe(markdown.split("\n").length);
      }),
    );
  });

  it("TXT8 no letter is lost", () => {
    const letters = (text: string): string => text.replace(/[\p{ASCII}\s]/gu, "") + text.replace(/\W|_/g, "");
    fc.assert(
      fc.property(scraps, fc.boolean(), (markdown, startsLine) => {
        expect(letters(read(markdown, startsLine).text)).toBe(letters(markdown));
      }),
    );
  });

  it("TXT8 a text without marks stays as it is", () => {
    const word = fc.constantFrom(
      "word",
      "1.5",
      "😀",
      "(so)",
      "中文",
      "it's",
      "a-b",
      "x_y",
      "2*3",
      "C:",
      "$5",
      "\n",
    );
    fc.assert(
      fc.property(fc.array(word, { maxLength: 30 }), (all) => {
        const text = all.join(" ");
        expect(read(text)).toEqual({ text, formatting: [] });
      }),
    );
  });

  it("TXT8 the work grows as the text does", () => {
    const workOf = (text: string): number => {
      const work = { units: 0 };
      plainText({ text, startsLine: true }, work);
      return work.units;
    };
    fc.assert(
      fc.property(nasty, (text) => {
        expect(workOf(text)).toBeLessThanOrEqual(8 * text.length);
      }),
    );
    const most = ENDLESS.map(([, text]) => workOf(text) / text.length);
    expect(Math.max(...most)).toBeLessThanOrEqual(8);
  });
});
