// A plain server of files, as a process of its own like the agent it stands for: `file-origin FOLDER`. GET reads one,
// PUT writes one; its first line is its port.
import { createReadStream, createWriteStream, statSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import path from "node:path";
import { pipeline } from "node:stream/promises";

const [folder = ""] = process.argv.slice(2);
/** As the agent reads. */
const CHUNK_BYTES = 256 * 1024;

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const file = path.join(folder, path.basename(request.url ?? ""));
  if (request.method === "PUT") {
    await pipeline(request, createWriteStream(file));
    response.end("ok");
    return;
  }
  response.writeHead(200, { "content-length": statSync(file).size });
  await pipeline(createReadStream(file, { highWaterMark: CHUNK_BYTES }), response);
}

const server = createServer((request, response) => {
  answer(request, response).catch((error: unknown) => {
    process.stderr.write(`${String(error)}\n`);
    response.destroy();
  });
});
server.listen(0, "127.0.0.1", () => {
  const address = server.address();
  process.stdout.write(`${typeof address === "object" && address !== null ? address.port : 0}\n`);
});
// Its parent's end is its own.
process.stdin.on("end", () => process.exit(0)).resume();
