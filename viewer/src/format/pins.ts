/** Pins in addresses and forms: the two places where a pin is text. */
import type { Camera, Vec3, ViewName } from "./plan.ts";

/** A place somebody chose on the model, not yet a comment. */
export interface Place {
  readonly part: string;
  readonly point: Vec3;
  readonly normal: Vec3;
  readonly stage: number;
  readonly view: ViewName | null;
  readonly camera: Camera | null;
  readonly fdi: number | null;
}

/** The id in an address that ends in "#pin-5" (links in e-mails), else null. */
export function pinInHash(hash: string): number | null {
  const found = /^#pin-(\d{1,15})$/.exec(hash);
  return found ? Number(found[1]) : null;
}

function rounded(v: Vec3, digits: number): string {
  return JSON.stringify(v.map((n) => Number(n.toFixed(digits))));
}

function cameraField({ direction, target, height_mm, ...arches }: Camera): string {
  const round = (v: Vec3) => v.map((n) => Number(n.toFixed(3)));
  const height = Number(height_mm.toFixed(2));
  return JSON.stringify({ direction: round(direction), target: round(target), height_mm: height, ...arches });
}

/** The hidden inputs of the comment form. A micrometre is finer than any scan, so points carry three digits. */
export function pinFields(place: Place): Record<string, string> {
  return {
    part: place.part,
    point: rounded(place.point, 3),
    normal: rounded(place.normal, 4),
    stage: String(place.stage),
    view: place.view ?? "",
    camera: place.camera ? cameraField(place.camera) : "",
    tooth: place.fdi === null ? "" : String(place.fdi),
  };
}
