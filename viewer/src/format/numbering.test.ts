import { expect, test } from "vitest";
import { archOf, contactName, neighbour, toothName, toothNumber } from "./numbering.ts";
import { Words } from "./strings.ts";

const words = new Words({});

test("universal numbers run from the upper right third molar round to the lower right one", () => {
  const corners: [number, string][] = [
    [18, "1"],
    [11, "8"],
    [21, "9"],
    [28, "16"],
    [38, "17"],
    [31, "24"],
    [41, "25"],
    [48, "32"],
  ];
  for (const [fdi, expected] of corners) expect(toothNumber(fdi, "universal")).toBe(expected);
});

test("all 32 universal numbers are different", () => {
  const all = [1, 2, 3, 4].flatMap((q) =>
    [1, 2, 3, 4, 5, 6, 7, 8].map((p) => toothNumber(q * 10 + p, "universal")),
  );
  expect(new Set(all).size).toBe(32);
});

test("primary teeth have letters in universal and Palmer", () => {
  expect(["55", "61", "75", "85"].map((fdi) => toothNumber(Number(fdi), "universal"))).toEqual([
    "A",
    "F",
    "K",
    "T",
  ]);
  expect(toothNumber(61, "palmer")).toBe("└A");
});

test("Palmer corners open towards the tooth as one faces the patient", () => {
  expect([13, 21, 32, 44].map((fdi) => toothNumber(fdi, "palmer"))).toEqual(["3┘", "└1", "┌2", "4┐"]);
});

test("a number that is no tooth is shown as it is", () => {
  for (const fdi of [0, 9, 19, 20, 49, 56, 91]) expect(toothNumber(fdi, "universal")).toBe(String(fdi));
  expect(archOf(99)).toBeNull();
});

test("teeth have full names, or the server's words for them", () => {
  expect(toothName(21, words)).toBe("Upper left central incisor");
  expect(toothName(46, words)).toBe("Lower right first molar");
  expect(toothName(85, words)).toBe("Lower right primary second molar");
  expect(toothName(21, new Words({ tooth_21: "Incisivo central superior izquierdo" }))).toBe(
    "Incisivo central superior izquierdo",
  );
});

test("a contact names both teeth in the chosen system", () => {
  expect(contactName([21, 22], "fdi")).toBe("21–22");
  expect(contactName([32, 31], "universal")).toBe("23–24");
});

test("next and previous tooth follow the chart and go round", () => {
  const teeth = [21, 11, 12, 31, 41];
  expect(neighbour(teeth, 11, 1)).toBe(21);
  expect(neighbour(teeth, 21, 1)).toBe(41);
  expect(neighbour(teeth, 31, 1)).toBe(12);
  expect(neighbour(teeth, 12, -1)).toBe(31);
  expect(neighbour(teeth, null, 1)).toBe(12);
  expect(neighbour([], 11, 1)).toBeNull();
});
