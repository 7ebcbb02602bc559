import { expect, test } from "vitest";
import { keyName } from "./keys.ts";

const plain = { ctrlKey: false, altKey: false, metaKey: false };

test("the viewer's keys have names to switch them off by", () => {
  expect([" ", "ArrowLeft", "Home", "5", "U", "p"].map((key) => keyName({ key, ...plain }))).toEqual([
    "space",
    "arrowleft",
    "home",
    "5",
    "u",
    "p",
  ]);
});

test("other keys and combinations are left alone", () => {
  expect(["6", "0", "x", "Tab", "F5"].map((key) => keyName({ key, ...plain }))).toEqual([
    null,
    null,
    null,
    null,
    null,
  ]);
  expect(keyName({ key: "p", ...plain, ctrlKey: true })).toBeNull();
  expect(keyName({ key: "ArrowLeft", ...plain, altKey: true })).toBeNull();
});
