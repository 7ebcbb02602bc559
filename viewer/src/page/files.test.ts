import { expect, test } from "vitest";
import { isModel } from "./files.ts";

test("a model is told from a page by its first bytes", () => {
  const glb = new Uint8Array(20);
  glb.set(new TextEncoder().encode("glTF"));
  expect(isModel(glb.buffer)).toBe(true);
  expect(isModel(new TextEncoder().encode("<!doctype html><title>Sign in").buffer)).toBe(false);
  expect(isModel(new ArrayBuffer(3))).toBe(false);
});
