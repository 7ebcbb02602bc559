import { expect, test } from "vitest";
import { pinFields, pinInHash } from "./pins.ts";
import { readPins } from "./plan.ts";

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
    camera: null,
    fdi: null,
  });
  expect(fields).toEqual({
    part: "upper-gingiva",
    point: "[1.235,-2,0]",
    normal: "[0.5774,0,-1]",
    stage: "8",
    view: "",
    camera: "",
    tooth: "",
  });
});

test("a camera goes into the form and comes back from the page", () => {
  const camera = {
    direction: [0.1, -0.9, 0.2],
    target: [0, 20, 1.5],
    height_mm: 42.25,
    upper: true,
    lower: false,
  } as const;
  const place = {
    part: "upper-09",
    point: [0, 0, 0],
    normal: [0, -1, 0],
    stage: 3,
    view: null,
    fdi: 21,
  } as const;
  const field = pinFields({ ...place, camera }).camera;
  const sent = { ...place, id: 1, number: 1, camera: JSON.parse(field ?? "") };
  expect(readPins([sent])[0]?.camera).toEqual(camera);
});

test("a camera that cannot be read is none, and the pin stays", () => {
  const place = {
    id: 1,
    number: 1,
    part: "upper-09",
    point: [0, 0, 0],
    normal: [0, -1, 0],
    stage: 3,
    view: "front",
  };
  for (const camera of ["x", {}, { direction: [0, 0, 0], target: [0, 0, 0], height_mm: 9 }, { zoom: 2 }])
    expect(readPins([{ ...place, camera }])[0]?.camera).toBeNull();
});
