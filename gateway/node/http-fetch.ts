import type { Fetch } from "../client/http.ts";
import { headerOf, startRequest } from "./http-start.ts";
import { readText } from "./read-text.ts";

export const httpFetch: Fetch = async (url, init) => {
  const { sent, answered } = await startRequest(url, init);
  sent.end(init.body);
  const response = await answered;
  return {
    status: response.statusCode ?? 0,
    headers: { get: (name) => headerOf(response, name) },
    text: () => readText(response),
  };
};
