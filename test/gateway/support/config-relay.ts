// The configuration's part of a relay over real HTTP: a document that is judged by the real code, and its versions.
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { changedPaths } from "../../../shared/config/changes.ts";
import { readDocument } from "../../../shared/config/document.ts";
import { documentWarnings, effectiveConfig, overridesOf } from "../../../shared/config/effective.ts";
import { patchDocument, patchOverrides, withOverrides } from "../../../shared/config/patch.ts";
import type { ConfigDocument } from "../../../shared/config/settings.ts";
import { problem, type ErrorCode } from "../../../shared/errors.ts";

export const ACCOUNT = "acc_0123456789abcdef";
export const TENANT = "ten_0123456789abcdef";
export const KEY = "key_0123456789abcdef.s3cr3ts3cr3t";

type Answer = readonly [status: number, body: object];
interface Version {
  readonly version: number;
  readonly document: ConfigDocument;
  readonly at: number;
  readonly by: string;
  readonly changed: readonly string[];
}

export class ConfigRelay {
  readonly asked: {
    readonly line: string;
    readonly body: unknown;
    readonly authorization: string | undefined;
  }[] = [];
  readonly versions: Version[] = [];
  refuse: ErrorCode | undefined;
  /** Cuts the connection instead of answering a change. */
  cuts = false;
  pending = 0;
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async start(): Promise<ConfigRelay> {
    const server = createServer();
    const relay = new ConfigRelay(server);
    server.on("request", (request, response) => {
      void relay.#answer(request).then((answer) => {
        if (answer === undefined) return request.socket.destroy();
        response.writeHead(answer[0], { "content-type": "application/json", "x-request-id": "req-1" });
        return response.end(JSON.stringify(answer[1]));
      });
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return relay;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get connection(): string {
    return `${this.url}/v1/accounts/${ACCOUNT}#${KEY}`;
  }

  get document(): ConfigDocument {
    return this.versions.at(-1)?.document ?? {};
  }

  /** As if somebody had PUT it. */
  keep(document: ConfigDocument): void {
    const read = readDocument(document);
    if (!read.ok) throw new Error(JSON.stringify(read.error));
    this.#store(read.value);
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }

  #store(document: ConfigDocument): readonly string[] {
    const version = this.versions.length + 1;
    const changed = changedPaths(this.document, document);
    if (changed.length > 0)
      this.versions.push({
        version,
        document,
        at: 1_700_000_000_000 + version * 60_000,
        by: "key_1",
        changed,
      });
    return changed;
  }

  async #answer(request: IncomingMessage): Promise<Answer | undefined> {
    let text = "";
    for await (const chunk of request) text += String(chunk);
    const body: unknown = text === "" ? undefined : JSON.parse(text);
    const line = `${request.method} ${request.url}`;
    this.asked.push({ line, body, authorization: request.headers.authorization });
    if (this.refuse !== undefined)
      return [problem(this.refuse, "req-1").status, problem(this.refuse, "req-1")];
    if (request.method !== "GET" && this.cuts) return undefined;
    return this.#route(line, body);
  }

  #route(line: string, body: unknown): Answer {
    const tenant = `/v1/tenants/${TENANT}/config`;
    const account = `/v1/accounts/${ACCOUNT}/config`;
    const numbered = new RegExp(`^GET ${tenant}/history/(\\d+)$`).exec(line)?.[1];
    if (numbered !== undefined) return this.#version(Number(numbered));
    switch (line) {
      case `GET ${tenant}`:
        return [200, this.versions.at(-1) ?? { version: 0, document: {}, at: null, by: "" }];
      case `PUT ${tenant}`:
        return this.#change(readDocument(body));
      case `PATCH ${tenant}`:
        return this.#change(patchDocument(this.document, body));
      case `GET ${tenant}/history`:
        return [
          200,
          {
            versions: this.versions.map(({ version, at, by, changed }) => ({ version, at, by, changed })),
          },
        ];
      case `POST ${tenant}/rollback`: {
        const [, found] = this.#version(Number(Object(body).version));
        return "document" in found
          ? this.#change(readDocument(found.document))
          : [404, problem("not_found", "req-1")];
      }
      case `GET ${account}`: {
        const overrides = overridesOf(this.document, ACCOUNT);
        return [
          200,
          { version: this.versions.length, ...effectiveConfig(this.document, ACCOUNT), overrides },
        ];
      }
      case `PUT ${account}`:
        return this.#change(readDocument(withOverrides(this.document, ACCOUNT, body)));
      case `PATCH ${account}`:
        return this.#change(patchOverrides(this.document, ACCOUNT, body));
      default:
        return [404, problem("not_found", "req-1")];
    }
  }

  #version(version: number): Answer {
    const found = this.versions.find((one) => one.version === version);
    return found === undefined ? [404, problem("not_found", "req-1")] : [200, found];
  }

  #change(read: ReturnType<typeof readDocument>): Answer {
    if (!read.ok) return [400, { ...problem("invalid_request", "req-1"), problems: read.error }];
    const changed = this.#store(read.value);
    const { document } = this;
    return [
      200,
      {
        version: this.versions.length,
        document,
        changed,
        warnings: documentWarnings(document),
        accounts_reached: 1,
        accounts_pending: this.pending,
      },
    ];
  }
}
