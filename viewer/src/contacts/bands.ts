/** The colours of the contact map: a few bands with names in millimetres, told apart by lightness too. */
import { FAR_MM, TOUCH_MM } from "./limits.ts";

export interface Band {
  readonly name: "overlap" | "touch" | "near" | "close" | "far";
  /** Up to this signed distance, mm. */
  readonly upTo: number;
  /** sRGB, 0–255, on enamel that is shaded. */
  readonly colour: readonly [number, number, number];
}

export const BANDS: readonly Band[] = [
  { name: "overlap", upTo: -TOUCH_MM, colour: [178, 24, 43] },
  { name: "touch", upTo: TOUCH_MM, colour: [239, 138, 48] },
  { name: "near", upTo: 0.25, colour: [250, 214, 108] },
  { name: "close", upTo: 0.5, colour: [158, 205, 225] },
];

/** The band of a distance; null when nothing is near enough to be told. */
export function bandOf(distance: number): Band | null {
  return distance >= FAR_MM ? null : (BANDS.find((band) => distance <= band.upTo) ?? null);
}
