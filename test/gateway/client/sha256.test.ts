import { createHash } from "node:crypto";
import * as fc from "fast-check";
import { expect, it } from "vitest";
import { sha256 } from "../../../gateway/client/sha256.ts";

const nodes = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("base64");

it.each([0, 1, 55, 56, 63, 64, 65, 119, 120, 128, 1_000_003])(
  "the checksum of %i bytes is Node's",
  (length) => {
    const bytes = Uint8Array.from({ length }, (_, at) => at * 7);
    const hash = sha256();
    hash.update(bytes);
    expect(hash.digest()).toBe(nodes(bytes));
  },
);

it("the checksum does not hang on how the bytes were cut", () => {
  const pieces = fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 20 });
  fc.assert(
    fc.property(pieces, (all) => {
      const hash = sha256();
      for (const one of all) hash.update(one);
      expect(hash.digest()).toBe(nodes(Buffer.concat(all)));
    }),
  );
});
