// Every process and folder a test makes, by its number and its name. A shell beside the test process ends and removes
// what is left when its pipe closes, however the test process itself has ended.
import { spawn, type ChildProcess } from "node:child_process";

const KEEPER = `
pids=" "; folders=" "
while IFS=' ' read -r what which; do
  case $what in
    pid) pids="$pids$which " ;;
    gone) pids=$(printf '%s' "$pids" | sed "s/ $which / /") ;;
    folder) folders="$folders$which " ;;
    removed) folders=$(printf '%s' "$folders" | sed "s# $which # #") ;;
  esac
done
for pid in $pids; do kill -9 "$pid" 2>/dev/null; done
for folder in $folders; do rm -rf "$folder"; done
`;

let keeper: ChildProcess | undefined;

function tell(what: "pid" | "gone" | "folder" | "removed", which: string | number): void {
  if (keeper === undefined) {
    keeper = spawn("sh", ["-c", KEEPER], { stdio: ["pipe", "ignore", "ignore"], detached: true });
    keeper.unref();
    const { stdin } = keeper;
    stdin?.on("error", () => undefined);
    if (stdin !== null && "unref" in stdin && typeof stdin.unref === "function") stdin.unref();
  }
  keeper.stdin?.write(`${what} ${which}\n`);
}

export const owned = {
  add: (pid: number): void => (pid > 0 ? tell("pid", pid) : undefined),
  remove: (pid: number): void => tell("gone", pid),
  addFolder: (folder: string): void => tell("folder", folder),
  removeFolder: (folder: string): void => tell("removed", folder),
};
