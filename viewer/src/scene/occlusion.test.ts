import { expect, test } from "vitest";
import { unpackDepth } from "./occlusion.ts";

/** As three's shader packs a depth into four bytes. */
function pack(depth: number): [number, number, number, number] {
  const whole = depth * 256;
  const r = Math.floor(whole);
  const g = Math.floor((whole - r) * 256);
  const b = Math.floor(((whole - r) * 256 - g) * 256);
  const a = Math.round((((whole - r) * 256 - g) * 256 - b) * 255);
  return [r, g, b, a];
}

test("a packed depth comes back to a part in a hundred million", () => {
  for (const depth of [0.001, 0.25, 0.5, 0.73129, 0.98765432])
    expect(unpackDepth(...pack(depth))).toBeCloseTo(depth, 8);
});

test("the empty background is the far end", () => {
  expect(unpackDepth(255, 255, 255, 255)).toBe(1);
});
