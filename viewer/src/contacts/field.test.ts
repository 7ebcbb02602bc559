import { expect, test } from "vitest";
import { BANDS, bandOf } from "./bands.ts";
import { ContactField, type ToothShape } from "./field.ts";
import { FAR_MM } from "./limits.ts";

/** A box crown 8 × 8 × 8 mm round the origin, open at the root, with `cuts` vertices along each edge of a face. */
function crown(key: string, arch: "upper" | "lower", cuts = 9): ToothShape {
  const position: number[] = [];
  const index: number[] = [];
  const root = arch === "upper" ? 1 : -1;
  const faces = [
    { normal: [0, 0, -root], u: [1, 0, 0], v: [0, 1, 0] },
    { normal: [1, 0, 0], u: [0, 1, 0], v: [0, 0, 1] },
    { normal: [-1, 0, 0], u: [0, 1, 0], v: [0, 0, 1] },
    { normal: [0, 1, 0], u: [1, 0, 0], v: [0, 0, 1] },
    { normal: [0, -1, 0], u: [1, 0, 0], v: [0, 0, 1] },
  ];
  for (const { normal, u, v } of faces) {
    const start = position.length / 3;
    for (let i = 0; i < cuts; i++)
      for (let j = 0; j < cuts; j++) {
        const [a, b] = [(i / (cuts - 1)) * 8 - 4, (j / (cuts - 1)) * 8 - 4];
        for (let axis = 0; axis < 3; axis++)
          position.push((normal[axis] ?? 0) * 4 + (u[axis] ?? 0) * a + (v[axis] ?? 0) * b);
      }
    for (let i = 0; i + 1 < cuts; i++)
      for (let j = 0; j + 1 < cuts; j++) {
        const [p, q] = [start + i * cuts + j, start + (i + 1) * cuts + j];
        index.push(p, q, p + 1, q, q + 1, p + 1);
      }
  }
  return { key, arch, position: new Float32Array(position), index: new Uint32Array(index) };
}

function at(key: string, x: number, y: number, z: number) {
  return { key, matrix: [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, x, y, z, 1] };
}

const field = new ContactField([
  crown("upper-01", "upper"),
  crown("lower-01", "lower"),
  crown("lower-02", "lower"),
]);

function nearest(gap: number, x = 0.4): (number | null)[] {
  return field
    .measure([at("upper-01", 0, 0, 4 + gap), at("lower-01", x, 0.3, -4)])
    .map((tooth) => tooth.nearest);
}

test("a gap is told as it is, from both sides", () => {
  for (const gap of [0.02, 0.3, 1.2]) for (const found of nearest(gap)) expect(found).toBeCloseTo(gap, 4);
});

test("an overlap is negative, and as deep as it is", () => {
  for (const found of nearest(-0.4)) expect(found).toBeCloseTo(-0.4, 4);
});

test("beside a crown is outside it, whatever the nearest triangle looks like", () => {
  const [upper] = field.measure([at("upper-01", 0, 0, 0), at("lower-01", 8.5, 0, 0)]);
  expect(upper?.nearest).toBeCloseTo(0.5, 4);
});

test("far away nothing is told, and a tooth without a pose takes no part", () => {
  expect(nearest(FAR_MM + 0.1)).toEqual([null, null]);
  expect(field.measure([at("upper-01", 0, 0, 4)]).map((tooth) => tooth.nearest)).toEqual([null]);
});

test("a tooth that changes its geometry takes part with the shape of its stage", () => {
  const bonded = { ...crown("upper-01/1", "upper"), key: "upper-01/1" };
  const grown = new ContactField([crown("upper-01/0", "upper"), crown("lower-01/0", "lower")]);
  grown.add([
    { ...bonded, position: bonded.position.map((value, i) => (i % 3 === 2 ? value * 1.1 : value)) },
  ]);
  const nearestOf = (key: string) =>
    grown.measure([at(key, 0, 0, 4.5), at("lower-01/0", 0, 0, -4)]).map((tooth) => tooth.nearest);
  expect(nearestOf("upper-01/0")[0]).toBeCloseTo(0.5, 4);
  expect(nearestOf("upper-01/1")[0]).toBeCloseTo(0.1, 4);
});

test("teeth of one arch are no contacts of each other", () => {
  const found = field.measure([at("lower-01", 0, 0, 0), at("lower-02", 8, 0, 0)]);
  expect(found.map((tooth) => tooth.nearest)).toEqual([null, null]);
});

test("separate places that touch are counted one by one", () => {
  const found = field.measure([
    at("upper-01", 0, 0, 4.02),
    at("lower-01", -6, 0, -4),
    at("lower-02", 6, 0, -4),
  ]);
  expect(found.map((tooth) => tooth.places)).toEqual([2, 1, 1]);
});

test("a turned pair keeps its distance", () => {
  const turn = (x: number, z: number) => [0, 1, 0, 0, -1, 0, 0, 0, 0, 0, 1, 0, x, 0, z, 1];
  const found = field.measure([
    { key: "upper-01", matrix: turn(30, 24.1) },
    { key: "lower-01", matrix: turn(30, 16) },
  ]);
  expect(found[0]?.nearest).toBeCloseTo(0.1, 4);
});

test("each distance has one band, and bands go from deep to far", () => {
  expect([-1, 0, 0.2, 0.4, 0.9, FAR_MM].map((d) => bandOf(d)?.name ?? null)).toEqual([
    "overlap",
    "touch",
    "near",
    "close",
    null,
    null,
  ]);
  expect(BANDS.map((band) => band.upTo)).toEqual([...BANDS.map((band) => band.upTo)].sort((a, b) => a - b));
});
