import { expect, test } from "vitest";
import { strips } from "./mapping.ts";

const file = (arch: string, stage: number, waits = false) => ({ arch, stage, waits });

test("every arch begins at the lowest stage of all, and a gap is missing", () => {
  const found = strips([file("upper", 1), file("upper", 3), file("lower", 2)]);
  expect(found.get("upper")?.cells.map((cell) => cell.state)).toEqual(["found", "missing", "found"]);
  expect(found.get("lower")?.cells.map((cell) => [cell.stage, cell.state])).toEqual([
    [1, "missing"],
    [2, "found"],
  ]);
  expect(found.get("upper")?.missing).toBe(1);
});

test("two files for one stage, and a file that waits for its answer, are to confirm", () => {
  const found = strips([file("upper", 0), file("upper", 0), file("upper", 1, true)]);
  expect(found.get("upper")?.cells.map((cell) => cell.state)).toEqual(["doubt", "doubt"]);
  expect(found.get("upper")?.twice).toEqual([0]);
  expect(found.has("lower")).toBe(false);
});
