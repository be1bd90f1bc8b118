import { runBundled } from "../e2e/run-bundled.mjs";

await runBundled("chaos");
