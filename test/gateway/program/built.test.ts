import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { bundle, type Bundle } from "../support/bundle.ts";

const root = path.resolve(import.meta.dirname, "../../..");
const gateway = path.join(root, "gateway");
let built: Bundle;
beforeAll(async () => {
  built = await bundle();
});
afterAll(() => built.remove());

/** The rule by which a gateway takes the file at `cliPath` for a wrapper around a remote shell. */
function looksLikeWrapper(text: string): boolean {
  const tokens = text.split(/[\s"'`;&|()<>\\]+/);
  return tokens.some((token) => token === "ssh" || (token.startsWith("/") && token.endsWith("/ssh")));
}
/** The older rule: the word, and later in the line something like user@host. */
const namesRemoteHost = (text: string): boolean => /\bssh\b.*\S@\S/.test(text);

describe("built files", () => {
  test("the detector is re-implemented as it was seen", () => {
    for (const text of ['exec ssh mac imsg "$@"', "/usr/bin/ssh x", '"ssh"', "a;ssh", "(/opt/ssh)"])
      expect(looksLikeWrapper(text)).toBe(true);
    for (const text of ["sshd", "openssh", "ssh2", "over-ssh", "/usr/bin/sshx"])
      expect(looksLikeWrapper(text)).toBe(false);
  });

  test("the launcher at cliPath trips no gateway's detector", () => {
    const text = readFileSync(built.launcher, "utf8");
    expect([looksLikeWrapper(text), namesRemoteHost(text)]).toEqual([false, false]);
    expect(text.trim().split("\n")).toHaveLength(2);
    expect(path.basename(built.launcher)).not.toBe("imsg");
    // The test bundles as the build does; if the build's launcher changes, this one must too.
    expect(readFileSync(path.join(root, "host/build.mjs"), "utf8")).toContain(
      "#!/usr/bin/env node\\nrequire(${JSON.stringify(target)});\\n",
    );
  });

  test("no built file holds the token either: a copy or a link might be named as cliPath", () => {
    for (const file of built.files)
      expect([file, looksLikeWrapper(readFileSync(file, "utf8"))]).toEqual([file, false]);
  });

  test("the fast path loads neither zod nor ws nor anything that does", () => {
    const inputs = Object.keys(built.entry.inputs);
    expect(inputs.filter((file) => /node_modules/.test(file))).toEqual([]);
    expect(
      inputs.filter((file) =>
        /shared\/(jsonrpc|peer|imsg|errors)\.ts$|gateway\/(main|commands)\.ts$/.test(file),
      ),
    ).toEqual([]);
    expect(inputs.some((file) => file.endsWith("sibling/borrower.ts"))).toBe(true);
    const bytes = Object.values(built.entry.outputs).reduce((sum, output) => sum + output.bytes, 0);
    expect(bytes).toBeLessThan(40_000);
  });

  test("what gateways run loads nothing of what people run", () => {
    const inputs = Object.keys(built.main.inputs);
    expect(
      inputs.filter((file) => /json5|shared\/config\/|shared\/policy\/|cli\/commands\.ts$/.test(file)),
    ).toEqual([]);
    expect(inputs.some((file) => file.endsWith("cli/rpc.ts"))).toBe(true);
  });
});

describe("sources", () => {
  const files = readdirSync(gateway, { recursive: true, encoding: "utf8" }).filter(
    (file) => file.endsWith(".ts") && !file.endsWith(".d.ts"),
  );
  const importsOf = (file: string): { from: string; isType: boolean }[] =>
    [
      ...readFileSync(path.join(gateway, file), "utf8").matchAll(
        /^(?:import|export) (type )?[^;]*? from "([^"]+)"|import\("([^"]+)"\)/gms,
      ),
    ].map(([, type, from, lazy]) => ({ from: from ?? lazy ?? "", isType: type !== undefined }));

  test("the client imports nothing of Node's: it runs in workerd and in browsers", () => {
    const foreign = files
      .filter((file) => file.startsWith("client/"))
      .flatMap((file) => importsOf(file).map(({ from }) => `${file} ${from}`))
      .filter(
        (line) => !/ (\.\/|\.\.\/limits\.ts|\.\.\/\.\.\/shared\/)| (zod|eventsource-parser)$/.test(line),
      );
    expect(foreign).toEqual([]);
  });

  test("folders import one way", () => {
    const order = ["client", "node", "profile", "lines", "sibling", "drop-in", "cli"];
    const wrong = files.flatMap((file) => {
      const [folder = ""] = file.split("/");
      const at = order.indexOf(folder);
      if (at < 0) return [];
      return importsOf(file)
        .map(({ from }) => /^\.\.\/([\w-]+)\//.exec(from)?.[1])
        .filter((to): to is string => to !== undefined && order.indexOf(to) > at)
        .map((to) => `${file} -> ${to}`);
    });
    expect(wrong).toEqual([]);
  });

  test("no text of ours is a gateway's signal", () => {
    const said = files
      .filter((file) => file !== "drop-in/wording.ts")
      .filter((file) =>
        /Timed out waiting for response|private api bridge|run imsg launch/i.test(
          readFileSync(path.join(gateway, file), "utf8"),
        ),
      );
    expect(said).toEqual([]);
    const unknown = files.filter((file) =>
      readFileSync(path.join(gateway, file), "utf8").includes("unknown command"),
    );
    expect(unknown.sort()).toEqual(["cli/fixed.ts"]);
  });
});
