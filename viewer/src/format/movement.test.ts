import { expect, test } from "vitest";
import {
  bar,
  barScale,
  directionWord,
  formatAmount,
  MOVEMENTS,
  mostMoved,
  movementAt,
  movementOfStage,
  plannedMovement,
  stepScale,
} from "./movement.ts";
import type { MovementRow } from "./plan.ts";
import { Words } from "./strings.ts";

const words = new Words({});
const rows: MovementRow[] = [
  [2, 0.2, -0.1, 0.1, 2, -0.4, 0.6],
  [4, 0.6, -0.3, 0.1, 4, -1, 1.8],
];

test("the start is zero and the plan's last row stays", () => {
  expect(movementAt(rows, 0)).toEqual([0, 0, 0, 0, 0, 0]);
  expect(movementAt(rows, 9)).toEqual([0.6, -0.3, 0.1, 4, -1, 1.8]);
  expect(plannedMovement(rows)).toEqual([0.6, -0.3, 0.1, 4, -1, 1.8]);
});

test("between rows the values are interpolated, from the start too", () => {
  expect(movementAt(rows, 1)[0]).toBeCloseTo(0.1);
  expect(movementAt(rows, 3)[0]).toBeCloseTo(0.4);
  expect(movementAt(rows, 2)).toEqual([0.2, -0.1, 0.1, 2, -0.4, 0.6]);
});

test("a row for stage 0 is taken as it stands", () => {
  expect(movementAt([[0, 0.5, 0, 0, 0, 0, 0]], 0)[0]).toBe(0.5);
});

test("a tooth without rows does not move", () => {
  expect(movementAt([], 3)).toEqual([0, 0, 0, 0, 0, 0]);
});

test("each movement has its two words by its sign", () => {
  expect(MOVEMENTS.map((m) => [directionWord(m, 1, words), directionWord(m, -1, words)])).toEqual([
    ["mesial", "distal"],
    ["buccal", "lingual"],
    ["extrusion", "intrusion"],
    ["mesial out", "mesial in"],
    ["mesial", "distal"],
    ["root lingual", "root buccal"],
  ]);
});

test("what prints as 0.0 has no direction", () => {
  expect(directionWord("mesial", 0.04, words)).toBe("");
  expect(directionWord("mesial", -0.05, words)).toBe("distal");
});

test("millimetres have a thin space, degrees none, and no sign", () => {
  expect(formatAmount("mesial", -0.42, words)).toBe("0.4\u2009mm");
  expect(formatAmount("rotation", -9.51, words)).toBe("9.5°");
});

test("numbers have the reader's decimal sign", () => {
  const german = new Words({ mm: "mm" }, "de");
  expect(formatAmount("mesial", -0.42, german)).toBe("0,4\u2009mm");
  expect(german.number(1234.5, 2)).toBe("1234,50");
});

test("bars share one scale of at least 1 mm and 10°", () => {
  expect(barScale([rows])).toEqual({ mm: 1, deg: 10 });
  expect(barScale([rows, [[1, 0, -2.5, 0, 0, 0, 14]]])).toEqual({ mm: 2.5, deg: 14 });
});

test("a bar grows from the middle: positive right, negative left, never over the end", () => {
  const scale = { mm: 1, deg: 10 };
  expect(bar("mesial", 0.9, scale)).toEqual({ side: "right", width: 45 });
  expect(bar("tip", -2.4, scale)).toEqual({ side: "left", width: 12 });
  expect(bar("mesial", -7, scale)).toEqual({ side: "left", width: 50 });
});

test("the step of a stage is what it adds to the one before", () => {
  const steps = movementOfStage(rows, 4);
  expect(steps[0]).toBeCloseTo(0.2);
  expect(steps[5]).toBeCloseTo(0.6);
  expect(movementOfStage(rows, 0)).toEqual([0, 0, 0, 0, 0, 0]);
  expect(movementOfStage(rows, 9).every((value) => Math.abs(value) < 1e-9)).toBe(true);
});

test("bars of steps have a scale of their own", () => {
  expect(stepScale([rows])).toEqual({ mm: 0.25, deg: 2.5 });
  expect(stepScale([[[1, 0.6, 0, 0, 5, 0, 0]]])).toEqual({ mm: 0.6, deg: 5 });
});

test("the tooth that goes the longest way is the one to begin with", () => {
  const rows = (mesial: number, rotation: number): MovementRow[] => [[4, mesial, 0, 0, rotation, 0, 0]];
  expect(
    mostMoved(
      new Map([
        [16, rows(0.2, 0)],
        [21, rows(0.4, -9)],
        [22, rows(0.9, 0)],
      ]),
    ),
  ).toBe(21);
  expect(mostMoved(new Map([[16, rows(0, 0)]]))).toBeNull();
});
