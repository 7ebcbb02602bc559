import { expect, test } from "vitest";
import { FADE_MM, GONE_MM, rim, rimDistances } from "./border.ts";

/** A flat square of n × n cells, `size` mm a side, with the cell at (hole, hole) left out. */
function sheet(n: number, size: number, hole: number): { position: number[]; index: number[] } {
  const position: number[] = [];
  const index: number[] = [];
  const step = size / n;
  for (let y = 0; y <= n; y++) for (let x = 0; x <= n; x++) position.push(x * step, y * step, 0);
  for (let y = 0; y < n; y++) {
    for (let x = 0; x < n; x++) {
      if (x === hole && y === hole) continue;
      const a = y * (n + 1) + x;
      index.push(a, a + 1, a + n + 2, a, a + n + 2, a + n + 1);
    }
  }
  return { position, index };
}

test("the rim is the longest open edge, not a socket", () => {
  const { position, index } = sheet(10, 20, 5);
  const found = [...rim(position, index).keys()];
  expect(found).toHaveLength(40);
  expect(found).not.toContain(5 * 11 + 5);
});

test("distances grow from the rim inwards, whatever sockets lie between", () => {
  const { position, index } = sheet(16, 32, 8);
  const distances = rimDistances(position, index);
  expect(distances[8 * 17]).toBeLessThan(GONE_MM);
  expect(distances[8 * 17 + 8]).toBeCloseTo(16, 1);
  expect(distances[8 * 17 + 1]).toBeLessThan(distances[8 * 17 + 2] ?? 0);
});

test("a closed body has no rim and does not fade", () => {
  const tetrahedron = {
    position: [0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1],
    index: [0, 2, 1, 0, 1, 3, 1, 2, 3, 0, 3, 2],
  };
  expect(rim(tetrahedron.position, tetrahedron.index).size).toBe(0);
  expect([...rimDistances(tetrahedron.position, tetrahedron.index)].every((d) => d >= FADE_MM - 1e-6)).toBe(
    true,
  );
});
