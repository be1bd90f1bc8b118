// The built programs, and a scripted relay on a real port: for what only processes and sockets can show.
import { spawn, type ChildProcess } from "node:child_process";
import { createPublicKey, verify } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server } from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";
import { buildSync } from "esbuild";
import { WebSocketServer } from "ws";
import { helloText } from "../../../shared/frames.ts";
import { ScriptedRelay } from "./scripted-relay.ts";

const ROOT = path.resolve(import.meta.dirname, "../../..");

/** Bundled as in production, into a folder of this run. */
export class Programs {
  readonly folder = mkdtempSync(path.join(tmpdir(), "agent-test-"));
  readonly agent = path.join(this.folder, "agent.cjs");
  readonly imsg = path.join(this.folder, "imsg-sim");

  constructor() {
    const options = {
      bundle: true,
      platform: "node",
      format: "cjs",
      target: "node20",
      minify: true,
      keepNames: true,
    } as const;
    const external = ["bufferutil", "utf-8-validate", "./consult.cjs"];
    for (const [entry, outfile] of [
      ["agent/main.ts", this.agent],
      ["agent/consult.ts", path.join(this.folder, "consult.cjs")],
    ] as const)
      buildSync({ ...options, external, entryPoints: [path.join(ROOT, entry)], outfile });
    buildSync({
      ...options,
      entryPoints: [path.join(ROOT, "test/imsg-sim/main.ts")],
      outfile: `${this.imsg}.cjs`,
    });
    writeFileSync(this.imsg, `#!/usr/bin/env node\nrequire("./imsg-sim.cjs");\n`, { mode: 0o755 });
  }

  dispose(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export class Running {
  stdout = "";
  stderr = "";
  readonly finished: Promise<Finished>;
  readonly #child: ChildProcess;

  /** `input`: what it reads; then its input stays open, as a terminal's does. */
  constructor(program: string, args: readonly string[], environment: NodeJS.ProcessEnv, input?: string) {
    const child = spawn(process.execPath, [program, ...args], { env: environment, stdio: "pipe" });
    this.#child = child;
    child.stdin.on("error", () => undefined);
    if (input === undefined) child.stdin.end();
    else child.stdin.write(input);
    child.stdout.on("data", (bytes: Buffer) => (this.stdout += bytes.toString("utf8")));
    child.stderr.on("data", (bytes: Buffer) => (this.stderr += bytes.toString("utf8")));
    this.finished = new Promise((resolve) =>
      child.once("close", (code) => resolve({ code, stdout: this.stdout, stderr: this.stderr })),
    );
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }
}

/** The scripted relay behind real HTTP and WebSocket doors. */
export class RelayServer {
  readonly relay = new ScriptedRelay(Date.now);
  readonly claims: {
    readonly code: string;
    readonly public_key: string;
    readonly name: string;
    readonly takeover: boolean;
  }[] = [];
  /** Codes that were looked at. */
  readonly looks: string[] = [];
  /** What a look tells beside, or instead of, the usual. */
  looked: Readonly<Record<string, unknown>> = {};
  /** A look finds the code used up. */
  isUsedUp = false;
  /** Drops the connection of the next claims, when it was counted. */
  deafClaims = 0;
  readonly upgrades: { readonly path: string; readonly protocol: string }[] = [];
  /** What comes of the next claims, when they were counted, in the place of the relay's answer. */
  spoilClaim: { readonly status: number; readonly body: string } | undefined;
  /** Answer to the next claims instead of 201. */
  refuseClaim: { readonly status: number; readonly code: string } | undefined;
  refuseUpgrade: number | undefined;
  readonly #server: Server = createServer((request, response) => {
    let body = "";
    request.on("data", (bytes: Buffer) => (body += bytes.toString("utf8")));
    request.on("end", () => {
      const answer = (status: number, value: unknown): void =>
        void response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(value));
      if (request.method !== "POST" || !/^\/v1\/enrolments\/(look|claim)$/.test(request.url ?? ""))
        response.writeHead(404).end();
      else if (this.refuseClaim !== undefined)
        answer(this.refuseClaim.status, { ...this.refuseClaim, request_id: "req-1" });
      else if (request.url?.endsWith("look") === true && this.isUsedUp)
        answer(410, { status: 410, code: "gone", request_id: "req-1" });
      else if (request.url?.endsWith("look") === true) {
        this.looks.push(JSON.parse(body).code);
        answer(200, { ...this.#looked(), ...this.looked });
      } else {
        this.claims.push(JSON.parse(body));
        this.deafClaims -= 1;
        if (this.deafClaims >= 0) request.socket.destroy();
        else if (this.spoilClaim !== undefined)
          response.writeHead(this.spoilClaim.status).end(this.spoilClaim.body);
        else answer(201, { account: "acc_test", tenant: "ten_test", install: `ins_${this.claims.length}` });
      }
    });
  });
  readonly #sockets = new WebSocketServer({ noServer: true });

  constructor() {
    this.#server.on("upgrade", (request: IncomingMessage, socket, head) => {
      this.upgrades.push({
        path: request.url ?? "",
        protocol: request.headers["sec-websocket-protocol"] ?? "",
      });
      if (this.refuseUpgrade !== undefined) {
        socket.end(`HTTP/1.1 ${this.refuseUpgrade} No\r\ncontent-length: 0\r\n\r\n`);
        return;
      }
      this.#sockets.handleUpgrade(request, socket, head, (webSocket) => {
        const wire = {
          send: (text: string) => webSocket.send(text),
          close: (code: number, reason: string) =>
            code === 1006 ? webSocket.terminate() : webSocket.close(code, reason),
        };
        webSocket.on("message", (data: Buffer) => this.relay.text(data.toString("utf8")));
        webSocket.on("close", () => this.relay.closed(wire));
        this.relay.opened(wire);
      });
    });
  }

  #looked(): Record<string, unknown> {
    return {
      account: "acc_test",
      account_name: "home",
      tenant: "ten_test",
      tenant_name: "Maya",
      expires_at: Date.now() + 600_000,
      macs: [],
      origin: this.origin,
      origin_accepted: true,
    };
  }

  get origin(): string {
    const address = this.#server.address();
    return typeof address === "object" && address !== null ? `http://127.0.0.1:${address.port}` : "";
  }

  listen(): Promise<void> {
    return new Promise((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
  }

  close(): Promise<void> {
    for (const socket of this.#sockets.clients) socket.terminate();
    this.#server.closeAllConnections();
    return new Promise((resolve) => void this.#server.close(() => resolve()));
  }

  /** Whether the hello was signed by the key that was claimed. */
  isSigned(at: number): boolean {
    const hello = this.relay.hellos[at];
    const claimed = this.claims.at(-1);
    if (hello === undefined || claimed === undefined) return false;
    const prefix = Buffer.from("302a300506032b6570032100", "hex");
    const der = Buffer.concat([prefix, Buffer.from(claimed.public_key, "base64")]);
    const key = createPublicKey({ key: der, format: "der", type: "spki" });
    const { origin, install, protocols, signature } = hello;
    const text = helloText({ origin, account: "acc_test", install, nonce: `nonce-${at}`, protocols });
    return origin === this.origin && verify(null, Buffer.from(text), key, Buffer.from(signature, "base64"));
  }
}
