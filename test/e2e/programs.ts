import path from "node:path";
import { fileURLToPath } from "node:url";
import { layoutOf } from "../../host/layout.ts";

export const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..", "..");
/** The programs under test are the built ones. */
export const DIST = path.join(ROOT, "dist");
export const PROGRAMS = layoutOf(DIST);
