import { MAX_REQUEST_BYTES } from "../../shared/limits.ts";

/** The answer to a line that nobody will parse; written out here because the fast path answers it too. */
export const TOO_LONG_ANSWER = JSON.stringify({
  jsonrpc: "2.0",
  id: null,
  error: {
    code: -32600,
    message: "Invalid Request",
    data: { detail: "the line is too long", limit: MAX_REQUEST_BYTES },
  },
});
