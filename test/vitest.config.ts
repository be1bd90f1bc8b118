import { cloudflareTest } from "@cloudflare/vitest-pool-workers";
import { defineConfig } from "vitest/config";

const root = new URL("..", import.meta.url).pathname;

/** Fixed, for the tests inside workerd only. */
const bindings = {
  RELAY_SECRETS: `1:${"5e".repeat(32)}`,
  OPERATOR_KEY: "operator-key-of-the-tests-0123456789",
  RELAY_ORIGINS: "http://relay.test",
  // One isolate is asked by all tests of a file, some of which hold its clock.
  RATE_SCALE: "1000",
};

/** `npm run test:long`: what takes seconds by itself, in CI as well. */
const LONG = [
  "test/agent/{enrolled,enrolment,install,owner-process,process,progress}.test.ts",
  "test/agent/doctor/{conditions,network,program}.test.ts",
  "test/e2e/attachments-{cut,gone,large,lost,polite}.test.ts",
  "test/e2e/{catch-up,cli,config-fuzz,discreet,hibernation,hooks-cli,installs,launcher,new-mac,slow-send,subscriptions,tenants-carried,tenants-killed,webhooks,webhooks-flood,webhooks-rotation}.test.ts",
  "test/gateway/program/{attachments,commands,config,config-import,installs,keys,listen,pairing,reading,send,tail,tenants,webhooks}.test.ts",
  "test/doors/{fuzz-frames,fuzz-requests,isolation-frames}.test.ts",
  "test/seeds/seeds.test.ts",
  "test/shared/config/chance.test.ts",
];

const inWorkerd = () =>
  cloudflareTest({ wrangler: { configPath: "./wrangler.toml" }, miniflare: { bindings } });

/** Rules of the relay that need nothing of its runtime. */
const RULES = "test/relay/rules/**/*.test.ts";

/** As `LONG`, inside workerd. */
const LONG_RELAY = ["test/relay/{attachments-hostile,attachments-timers,tenants-moving-attacks}.test.ts"];

/** Each file has a workerd of its own, which would ask for every module of these by itself. */
const deps = { optimizer: { ssr: { enabled: true, include: ["zod", "hono"] } } };

export default defineConfig({
  root,
  test: {
    globalSetup: ["test/build.ts"],
    // Most of what the end-to-end tests do is wait.
    maxWorkers: 3,
    projects: [
      {
        root,
        plugins: [inWorkerd()],
        test: {
          name: "relay",
          include: ["test/relay/**/*.test.ts"],
          exclude: [RULES, ...LONG_RELAY],
          deps,
          testTimeout: 20_000,
        },
      },
      {
        root,
        test: {
          name: "node",
          include: ["test/{shared,agent,gateway,host,imsg-sim,seeds,webhooks,doors}/**/*.test.ts", RULES],
          exclude: LONG,
          environment: "node",
          // No test keeps anything in a module: the libraries are loaded once a worker, not once a file.
          isolate: false,
          testTimeout: 20_000,
        },
      },
      {
        root,
        test: {
          name: "e2e",
          include: ["test/e2e/**/*.test.ts"],
          exclude: LONG,
          environment: "node",
          // Beside one another they wait; none of them works for long.
          maxConcurrency: 6,
          testTimeout: 30_000,
          hookTimeout: 30_000,
        },
      },
      {
        root,
        test: {
          name: "long",
          include: LONG,
          environment: "node",
          maxConcurrency: 6,
          testTimeout: 30_000,
          hookTimeout: 30_000,
        },
      },
      {
        root,
        plugins: [inWorkerd()],
        test: { name: "long-relay", include: LONG_RELAY, deps, testTimeout: 30_000 },
      },
    ],
  },
});
