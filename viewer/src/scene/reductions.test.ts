import { Vector3 } from "three";
import { expect, test } from "vitest";
import { contactMiddle } from "./reductions.ts";

const box = (x: number, half: number) => ({
  centre: new Vector3(x, 0, 5),
  points: [new Vector3(x - half, 1, 0), new Vector3(x + half, -1, 9)],
});

test("a contact lies where two crowns meet, not half way between their centres", () => {
  const { middle, along } = contactMiddle(box(0, 4), box(7, 3));
  expect(middle.toArray()).toEqual([4, 0, 5]);
  expect(along.toArray()).toEqual([1, 0, 0]);
});

test("an open contact is marked in the middle of its gap", () => {
  expect(contactMiddle(box(0, 3), box(8, 3)).middle.x).toBeCloseTo(4);
  expect(contactMiddle(box(8, 3), box(0, 3)).middle.x).toBeCloseTo(4);
});
