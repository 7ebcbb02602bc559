import { afterEach, expect, test, vi } from "vitest";
import { fetchFull, isModel, Unavailable } from "./files.ts";

afterEach(() => vi.unstubAllGlobals());

test("a model is told from a page by its first bytes", () => {
  const glb = new Uint8Array(20);
  glb.set(new TextEncoder().encode("glTF"));
  expect(isModel(glb.buffer)).toBe(true);
  expect(isModel(new TextEncoder().encode("<!doctype html><title>Sign in").buffer)).toBe(false);
  expect(isModel(new ArrayBuffer(3))).toBe(false);
});

test("without finer models nothing is fetched", async () => {
  const asked = vi.fn();
  vi.stubGlobal("fetch", asked);
  const { signal } = new AbortController();
  expect(await fetchFull({ preview: "/p.glb", full: null }, signal)).toBeNull();
  expect(await fetchFull({ preview: "/p.glb", full: "/p.glb" }, signal)).toBeNull();
  expect(asked).not.toHaveBeenCalled();
});

test("a failure of the finer models waits for whoever shows them", async () => {
  vi.stubGlobal("fetch", async () => new Response(null, { status: 404 }));
  const coming = fetchFull({ preview: "/p.glb", full: "/f.glb" }, new AbortController().signal);
  await new Promise((later) => setTimeout(later, 5));
  await expect(coming).rejects.toBeInstanceOf(Unavailable);
});
