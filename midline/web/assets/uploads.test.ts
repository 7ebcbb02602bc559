import { describe, expect, test } from "vitest";
import { bodyOf } from "./autosave.ts";
import { familyOf, type PlaceState, placeFor, plain, secondsLeft } from "./upload-places.ts";

const SLOTS: Record<string, string[]> = {
  scan: ["upper_scan", "lower_scan", "bite"],
  photo: [
    "face_rest",
    "face_smile",
    "profile",
    "front_bite",
    "right_bite",
    "left_bite",
    "upper_occlusal",
    "lower_occlusal",
  ],
  xray: ["panoramic", "lateral_ceph", "full_set"],
};

function places(...filled: string[]): PlaceState[] {
  return Object.entries(SLOTS).flatMap(([family, slots]) =>
    slots.map((slot) => ({ slot, family, free: !filled.includes(slot) })),
  );
}

describe("a dropped file finds its place by its name", () => {
  test.each([
    ["maxilla_øvre.stl", "upper_scan"],
    ["UpperJaw.stl", "upper_scan"],
    ["case17-U.stl", "upper_scan"],
    ["mandibula_nedre.stl", "lower_scan"],
    ["Lower.ply", "lower_scan"],
    ["okklusjon.ply", "bite"],
    ["buccal bite left.stl", "bite"],
    ["upper occlusal.jpg", "upper_occlusal"],
    ["Occlusal-Lower.png", "lower_occlusal"],
    ["profile.jpeg", "profile"],
    ["smiling face.jpg", "face_smile"],
    ["face.jpg", "face_rest"],
    ["right.jpg", "right_bite"],
    ["Left2.jpg", "left_bite"],
    ["front_bite.jpg", "front_bite"],
    ["OPG.jpg", "panoramic"],
    ["lateral ceph.png", "lateral_ceph"],
    ["IM0001", "panoramic"],
    ["x.dcm", "panoramic"],
  ])("%s goes to %s", (name, slot) => {
    expect(placeFor(name, places(), new Set())).toBe(slot);
  });

  test("a name that says nothing takes the first free place of its kind", () => {
    expect(placeFor("IMG_2231.jpg", places("face_rest"), new Set())).toBe("face_smile");
    expect(placeFor("scan.stl", places("upper_scan"), new Set())).toBe("lower_scan");
  });

  test("a name that says its place replaces what is there", () => {
    expect(placeFor("upper.stl", places("upper_scan"), new Set())).toBe("upper_scan");
  });

  test("two files of one drop never go to one place", () => {
    expect(placeFor("upper.stl", places(), new Set(["upper_scan"]))).toBe("lower_scan");
  });

  test("a full family and an unknown ending have no place", () => {
    expect(placeFor("x.stl", places("upper_scan", "lower_scan", "bite"), new Set())).toBeUndefined();
    expect(placeFor("notes.docx", places(), new Set())).toBeUndefined();
  });
});

test("a picture named as an X-ray is one", () => {
  expect(familyOf("pano.jpg")).toBe("xray");
  expect(familyOf("front.jpg")).toBe("photo");
});

test("names become plain words", () => {
  expect(plain("Maxilla_ØvreKjeve-02.STL")).toBe("maxilla ovre kjeve 02");
});

test("the time left follows the pace since this connection began", () => {
  expect(secondsLeft(600, 500, 1000, 2000)).toBe(8);
  expect(secondsLeft(500, 500, 1000, 2000)).toBeUndefined();
  expect(secondsLeft(600, 500, 1000, 200)).toBeUndefined();
});

test("a change that waited is sent as the form stands now", () => {
  const body = bodyOf(
    [
      ["complaint", "new"],
      ["before_complaint", '"old"'],
    ],
    "complaint",
  );
  expect(Object.fromEntries(body)).toEqual({
    complaint: "new",
    before_complaint: '"old"',
    field: "complaint",
  });
});
