// Every process a test started, by its number: ended when the test process ends, whatever became of the test.
const pids = new Set<number>();

process.on("exit", () => {
  for (const pid of pids) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // Gone already.
    }
  }
});

export const owned = {
  add: (pid: number): void => void (pid > 0 && pids.add(pid)),
  remove: (pid: number): void => void pids.delete(pid),
};
