// The configuration's part of a relay over real HTTP: a document that is judged by the real code, and its versions.
import type { IncomingMessage, ServerResponse } from "node:http";
import { changedPaths } from "../../../shared/config/changes.ts";
import { readDocument } from "../../../shared/config/document.ts";
import { documentWarnings, effectiveConfig, overridesOf } from "../../../shared/config/effective.ts";
import { patchDocument, patchOverrides, withOverrides } from "../../../shared/config/patch.ts";
import type { ConfigDocument } from "../../../shared/config/settings.ts";
import { problem } from "../../../shared/errors.ts";
import { ACCOUNT, bodyOf, LocalRelay } from "./local-relay.ts";

export const TENANT = "ten_0123456789abcdef";

type Answer = readonly [status: number, body: object];
interface Version {
  readonly version: number;
  readonly document: ConfigDocument;
  readonly at: number;
  readonly by: string;
  readonly changed: readonly string[];
}

export class ConfigRelay extends LocalRelay {
  readonly asked: {
    readonly line: string;
    readonly body: unknown;
    readonly authorization: string | undefined;
  }[] = [];
  readonly versions: Version[] = [];
  /** Cuts the connection instead of answering a change. */
  cuts = false;
  pending = 0;

  get document(): ConfigDocument {
    return this.versions.at(-1)?.document ?? {};
  }

  /** As if somebody had PUT it. */
  keep(document: ConfigDocument): void {
    const read = readDocument(document);
    if (!read.ok) throw new Error(JSON.stringify(read.error));
    this.#store(read.value);
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

  protected override async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const answer = await this.#judge(request);
    if (answer === undefined) return void request.socket.destroy();
    response.writeHead(answer[0], { "content-type": "application/json", "x-request-id": "req-1" });
    return void response.end(JSON.stringify(answer[1]));
  }

  async #judge(request: IncomingMessage): Promise<Answer | undefined> {
    const body = await bodyOf(request);
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
