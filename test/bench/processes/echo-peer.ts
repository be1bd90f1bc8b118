// The far end of the echo, as a process of its own like the agent it stands for: `echo-peer URL`.
import { WebSocket } from "ws";

const socket = new WebSocket(process.argv[2] ?? "", { perMessageDeflate: false });
socket.on("open", () => process.stdout.write("open\n"));
socket.on("message", (data: Buffer) => socket.send(data.toString("utf8")));
socket.on("close", () => process.exit(0));
socket.on("error", (error) => {
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
});
// Its parent's end is its own.
process.stdin.on("end", () => process.exit(0)).resume();
