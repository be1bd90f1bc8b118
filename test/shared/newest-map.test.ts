import { expect, test } from "vitest";
import { NewestMap } from "../../shared/newest-map.ts";

test("what was set longest ago makes room, and what is set again is new", () => {
  const map = new NewestMap<string, number>(2);
  map.set("a", 1);
  map.set("b", 2);
  map.set("a", 3);
  map.set("c", 4);
  expect(["a", "b", "c"].map((key) => map.get(key))).toEqual([3, undefined, 4]);
});

test("what is deleted leaves its room", () => {
  const map = new NewestMap<string, number>(2);
  map.set("a", 1);
  map.set("b", 2);
  map.delete("a");
  map.set("c", 3);
  expect(["a", "b", "c"].map((key) => map.get(key))).toEqual([undefined, 2, 3]);
});
