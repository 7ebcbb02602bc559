import { expect, test } from "vitest";
import { fineStep } from "./grid.ts";

test("fine lines are a millimetre apart while there is room for them", () => {
  expect([20, 7, 6.9, 1.4, 1, 0.5].map(fineStep)).toEqual([1, 1, 5, 5, 10, 50]);
});
