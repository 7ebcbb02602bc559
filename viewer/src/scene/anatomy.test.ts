import { Vector3 } from "three";
import { expect, test } from "vitest";
import { marginPoint } from "./anatomy.ts";

const centre = new Vector3(0, 0, 5);
const labial = new Vector3(0, -1, 0);

test("the margin is the gingiva nearest the biting edge, straight outwards", () => {
  const vertices = [0, -4, 9, 0.5, -4, 8, 0, -5, 12].flat();
  expect(marginPoint(vertices, centre, labial, 1)?.toArray()).toEqual([0.5, -4, 8]);
  expect(marginPoint(vertices, centre, labial, -1)?.toArray()).toEqual([0, -5, 12]);
});

test("gingiva inside the arch, beside the tooth or far away is not its margin", () => {
  expect(marginPoint([0, 4, 1, 4, -1, 1, 0, -20, 1], centre, labial, 1)).toBeNull();
});
