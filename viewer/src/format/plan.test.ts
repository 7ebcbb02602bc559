import { expect, test } from "vitest";
import { PlanError, readPins, readPlan } from "./plan.ts";

const small = {
  case: "0104217",
  version: 3,
  stages: { upper: 22, lower: 18 },
  numbering: "fdi",
  files: { preview: "/models/p", full: "/models/f" },
  parts: [
    { key: "upper-09", arch: "upper", kind: "tooth", fdi: 21, label_point: [1, 2, 3], moves: true },
    { key: "upper-gingiva", arch: "upper", kind: "gingiva", fdi: null },
  ],
  movements: {
    "21": [
      [4, 1, 0, 0, 0, 0, 0],
      [2, 0.5, 0, 0, 0, 0, 0],
    ],
  },
};

test("a plan is read with what is left out", () => {
  const plan = readPlan(structuredClone(small));
  expect(plan.parts[1]).toEqual({
    key: "upper-gingiva",
    arch: "upper",
    kind: "gingiva",
    fdi: null,
    label_point: null,
    moves: false,
  });
  expect(plan.ipr).toEqual([]);
  expect(plan.pins).toEqual([]);
  expect(plan.accuracy_um).toBeNull();
});

test("an attachment may have its shape in the models, and teeth may be taken out", () => {
  const item = { fdi: 13, added: 3, shape_at: [0, -4, 2] };
  const plan = readPlan({
    ...small,
    attachments: [item, { fdi: 23 }],
    extractions: [{ fdi: 14, before_stage: 1 }],
  });
  expect(plan.attachments.map((attachment) => attachment.shape_at)).toEqual([[0, -4, 2], null]);
  expect(plan.extractions).toEqual([{ fdi: 14, before_stage: 1 }]);
  expect(() => readPlan({ ...small, extractions: [{ fdi: 14 }] })).toThrow("extractions[0].before_stage");
});

test("movement rows come sorted by stage", () => {
  expect(
    readPlan(small)
      .movements.get(21)
      ?.map((row) => row[0]),
  ).toEqual([2, 4]);
});

test("one arch may be absent", () => {
  expect(readPlan({ ...small, stages: { lower: 9 } }).stages).toEqual({ upper: 0, lower: 9 });
});

test.each([
  [{ ...small, stages: { upper: "22" } }, "stages.upper: expected a finite number"],
  [{ ...small, numbering: "roman" }, "numbering: expected one of fdi, universal, palmer"],
  [
    { ...small, parts: [{ key: "a", arch: "middle", kind: "tooth" }] },
    "parts[0].arch: expected one of upper, lower",
  ],
  [
    { ...small, parts: [{ ...small.parts[0], label_point: [1, 2] }] },
    "parts[0].label_point: expected three numbers",
  ],
  [{ ...small, movements: { "21": [[1, 2]] } }, "movements.21[0]: expected seven numbers"],
  [{ ...small, movements: { incisor: [] } }, "movements.incisor: expected a finite number"],
  [{ ...small, pins: [{ id: 1.5 }] }, "pins[0].id: expected a whole number"],
  [null, "plan: expected an object"],
])("a wrong value is named by its path (%#)", (value, message) => {
  expect(() => readPlan(value)).toThrow(new PlanError(message));
});

test.each([
  "https://elsewhere.example/x.glb",
  "//elsewhere.example/x",
  "javascript:alert(1)",
  "/\\elsewhere.example/x",
])("models are fetched from this site only: %s", (preview) => {
  expect(() => readPlan({ ...small, files: { preview, full: null } })).toThrow(PlanError);
});

test("a pin without view or tooth is a pin", () => {
  const pin = {
    id: 5,
    number: 1,
    part: "upper-gingiva",
    point: [0, 0, 0],
    normal: [0, -1, 0],
    stage: 8,
    view: null,
  };
  expect(readPins([pin])[0]).toMatchObject({ id: 5, view: null, fdi: null, quiet: false });
});
