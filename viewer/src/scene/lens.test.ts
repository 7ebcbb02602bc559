import { Vector3 } from "three";
import { expect, test } from "vitest";
import { fitted } from "./lens.ts";

const box = [-30, 30].flatMap((x) => [0, 50].flatMap((y) => [-20, 20].map((z) => new Vector3(x, y, z))));
const room = { width: 600, height: 600 };

test("without perspective the widest side fills the room", () => {
  const { target, scale } = fitted(new Vector3(0, -1, 0), box, room, null);
  expect(target.toArray().map(Math.round)).toEqual([0, 25, 0]);
  expect(scale).toBeCloseTo(10);
});

test("with perspective the near face decides, so everything stays inside", () => {
  const focal = 1500;
  const { scale } = fitted(new Vector3(0, -1, 0), box, room, focal);
  const distance = focal / scale;
  for (const point of box)
    expect((Math.abs(point.x) * focal) / (distance + point.y - 25)).toBeLessThanOrEqual(300.001);
});

test("from below the patient's right stays at the left", () => {
  const { target } = fitted(new Vector3(0, -0.001, -1).normalize(), box, room, null);
  expect(target.distanceTo(new Vector3(0, 25, 0))).toBeLessThan(0.01);
});
