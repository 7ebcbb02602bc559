import { expect, test } from "vitest";
import { pinFields, pinInHash } from "./pins.ts";

test("an address ending in #pin-5 names that pin, anything else none", () => {
  expect(pinInHash("#pin-5")).toBe(5);
  for (const hash of ["", "#", "#pin-", "#pin-5x", "#pin--5", "#comment-5"])
    expect(pinInHash(hash)).toBeNull();
});

test("a place fills the form with micrometres and empty fields for what it lacks", () => {
  const fields = pinFields({
    part: "upper-gingiva",
    point: [1.23456, -2, 1e-9],
    normal: [0.577350269, 0, -1],
    stage: 8,
    view: null,
    fdi: null,
  });
  expect(fields).toEqual({
    part: "upper-gingiva",
    point: "[1.235,-2,0]",
    normal: "[0.5774,0,-1]",
    stage: "8",
    view: "",
    tooth: "",
  });
});
