import { expect, test } from "vitest";
import { sizeFromWords } from "./markers.ts";

test("a marker takes its size from the plan's words", () => {
  expect(sizeFromWords("3.5 × 2 mm")).toEqual([3.5, 2]);
  expect(sizeFromWords("3,5 x 2")).toEqual([3.5, 2]);
});

test("words without usable numbers give the usual size", () => {
  expect(sizeFromWords("")).toEqual([3, 2]);
  expect(sizeFromWords("large")).toEqual([3, 2]);
  expect(sizeFromWords("4 mm")).toEqual([4, 2]);
});
