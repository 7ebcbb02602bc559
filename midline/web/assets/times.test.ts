import { expect, test } from "vitest";
import { ago } from "./times.ts";

const NOW = new Date(2026, 10, 22, 14, 0);
const say = (key: string, values: Record<string, string | number> = {}) =>
  [key, values.n].filter((part) => part !== undefined).join(" ");
const before = (minutes: number, now = NOW) =>
  ago(new Date(now.getTime() - minutes * 60_000), now, "en", say);

test("times are said in few words, as the server says them", () => {
  expect(before(0.3)).toBe("now");
  expect(before(12)).toBe("minutes 12");
  expect(before(59.9)).toBe("minutes 59");
  expect(before(60)).toBe("hours 1");
  expect(before(13 * 60)).toBe("hours 13");
  expect(before(15 * 60)).toBe("yesterday");
  expect(before(8 * 24 * 60)).toBe("14 Nov");
  expect(before(400 * 24 * 60)).toBe("18 Oct 2025");
});

test("shortly after midnight hours are said", () => {
  const night = new Date(2026, 10, 22, 1, 0);
  expect(before(120, night)).toBe("hours 2");
  expect(before(7 * 60, night)).toBe("yesterday");
});

test("a moment to come is said as its date", () => {
  expect(before(-9 * 24 * 60)).toBe("1 Dec");
});
