// What every raw client does first: it waits until its socket is open, or says why it is not.
import type { WebSocket } from "ws";

/** Rejects with `HTTP <status>` where the upgrade is refused. */
export function opened(socket: WebSocket): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once("open", resolve);
    socket.once("unexpected-response", (request, response) => {
      request.destroy();
      reject(new Error(`HTTP ${response.statusCode}`));
    });
    socket.once("error", reject);
  });
}
