// Ways out of the folders that attachments may be read from, on a real file system. Whatever the answer is, no byte of
// what lies outside leaves the Mac.
import { readFileSync, rmSync } from "node:fs";
import path from "node:path";
import { afterAll, afterEach, beforeEach, expect, it, vi } from "vitest";
import { KINDS } from "../support/escape-kinds.ts";
import { HOME, INSIDE, Layout, said, SECRET } from "../support/escape-layout.ts";
import { LINKS } from "../support/escape-links.ts";
import { NAMES } from "../support/escape-names.ts";
import { macOf } from "../support/transfer-mac.ts";

beforeEach(() => void vi.stubEnv("HOME", HOME));
afterEach(() => void vi.unstubAllEnvs());
afterAll(() => rmSync(HOME, { recursive: true }));

for (const { what, answer, path: pathOf, roots } of [...LINKS, ...NAMES, ...KINDS]) {
  it(`I1: ${what}: ${answer}`, async () => {
    const mac = await macOf(roots === undefined ? {} : { roots });
    const word = await mac.ended(mac.read(pathOf(new Layout(mac))));
    expect(said(mac)).not.toContain("SECRET");
    expect(word?.state === "failed" ? word.error.code : "served").toBe(answer);
    expect(mac.relay.bytes.toString("utf8")).toBe(answer === "served" ? INSIDE : "");
  });
}

it("I1 ATT12: behind a link to elsewhere nobody learns what is there and what is not", async () => {
  const mac = await macOf();
  const layout = new Layout(mac);
  const away = layout.link(path.dirname(layout.secret), "away");
  const dangling = layout.link(`${layout.secret}-not`, "dangling.txt");
  const there = path.join(away, path.basename(layout.secret));
  const answers = [];
  for (const file of [
    there,
    `${there}-not`,
    `${there}/x`,
    `${away}/no/such/folder/x`,
    dangling,
    `${dangling}/x`,
  ])
    answers.push(await mac.ended(mac.read(file, { transfer: "same" })));
  const [first] = answers;
  expect(first).toMatchObject({ state: "failed", error: { code: "forbidden_by_mac" } });
  for (const answer of answers) expect(answer).toEqual(first);
  // Inside, what is not there is missing, however deep.
  expect(await mac.ended(mac.read(path.join(mac.root, "no/such/folder/x")))).toMatchObject({
    error: { code: "missing" },
  });
});

it("there is something to be found outside", async () => {
  const mac = await macOf({ roots: () => ["/"] });
  const layout = new Layout(mac);
  await mac.ended(mac.read(layout.secret));
  expect(said(mac)).toContain("SECRET");
  expect(readFileSync(layout.secret, "utf8")).toBe(SECRET);
  rmSync(layout.secret);
});
