import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { isRunning, ownName, processName } from "../../../gateway/node/process-name.ts";

test("a process has one name for as long as it lives, and nobody has it afterwards", async () => {
  const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"]);
  await once(child, "spawn");
  const name = processName(child.pid ?? 0) ?? "";
  expect([processName(child.pid ?? 0), isRunning(name)]).toEqual([name, true]);
  child.kill("SIGKILL");
  await once(child, "exit");
  expect([processName(child.pid ?? 0), isRunning(name)]).toEqual([undefined, false]);
});

test("another process with the same number is another one", () => {
  expect(isRunning(ownName())).toBe(true);
  expect(isRunning(`${process.pid}-000000000000`)).toBe(false);
  expect(isRunning("no name")).toBe(false);
});

test.runIf(process.platform === "linux")(
  "one that has ended and was never asked after is not running",
  async () => {
    // A shell that starts one, and becomes a program that waits for nobody before that one ends.
    const shell = spawn("sh", ["-c", "exec 3<&0; cat <&3 & echo $!; exec sleep 60"]);
    const [line] = await once(shell.stdout, "data");
    const pid = Number(String(line));
    await expect.poll(() => readFileSync(`/proc/${shell.pid}/comm`, "utf8")).toBe("sleep\n");
    shell.stdin.end();
    const state = (): string => /\) (\w)/.exec(readFileSync(`/proc/${pid}/stat`, "utf8"))?.[1] ?? "";
    await expect.poll(state).toBe("Z");
    expect(processName(pid)).toBeUndefined();
    shell.kill("SIGKILL");
    await once(shell, "exit");
  },
);
