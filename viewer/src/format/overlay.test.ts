import { expect, test } from "vitest";
import { readComparison, readOverlay } from "./overlay.ts";
import { PlanError, readPlan } from "./plan.ts";

const overlay = {
  version: 2,
  stages: { upper: 14, lower: 16 },
  model: "/models/2",
  parts: [{ key: "upper-09", arch: "upper", kind: "tooth", fdi: 21, moves: true }],
  attachments: [{ fdi: 43, surface: "buccal", shape: "Ellipsoid", size: "", added: 1, removed: null }],
  registration: {
    how: "same",
    matrix: [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 3, 0, 0, 1],
    words: "Laid over.",
  },
};

test("another version is read with its place and the words about it", () => {
  const read = readOverlay(structuredClone(overlay));
  expect(read.lastStage).toBe(16);
  expect(read.matrix[12]).toBe(3);
  expect(read.words).toBe("Laid over.");
  expect(read.attachments[0]?.removed).toBeNull();
});

test("another version's models never come from elsewhere", () => {
  expect(() => readOverlay({ ...overlay, model: "https://elsewhere.example/2" })).toThrow(PlanError);
  expect(() =>
    readPlan({
      case: "1",
      version: 3,
      stages: {},
      files: { preview: "/p" },
      others: [{ version: 2, overlay: "//elsewhere.example/" }],
    }),
  ).toThrow("others[0].overlay");
});

test("a matrix that is no matrix moves nothing", () => {
  const read = readOverlay({ ...overlay, registration: { ...overlay.registration, matrix: [1, 2] } });
  expect(read.matrix).toEqual([1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]);
});

test("what changed is read, or there is nothing to compare", () => {
  expect(readComparison(null)).toBeNull();
  expect(readComparison({ with: 2, teeth: [21, 43], attachments_gone: [43] })).toEqual({
    with: 2,
    teeth: [21, 43],
    gone: [43],
  });
});
