/** Directions and places on the arches that the file does not name: outwards, and the gingival margin of each tooth. Stage 0, world. */
import { Vector3 } from "three";
import { shownMeshes } from "./epochs.ts";
import type { Model, ModelPart } from "./model.ts";
import { worldVertices } from "./model.ts";

const UP = new Vector3(0, 0, 1);
/** Gingiva counts as a tooth's when it lies this far to either side of straight outwards (cosine of 12°)… */
const STRAIGHT_OUT = 0.978;
/** …and this near its middle, mm. */
const NEAR_MM = 9;
/** Numbers stand this far over the margin, mm. */
const OVER_MARGIN_MM = 1.5;

function centreOf(model: Model, part: ModelPart): Vector3 | null {
  return model.boxes.get(part.plan.key)?.getCenter(new Vector3()) ?? null;
}

/** The outward (buccal) direction of every tooth, horizontal, from the run of its neighbours along the arch. */
export function buccalDirections(model: Model): Map<string, Vector3> {
  const directions = new Map<string, Vector3>();
  for (const arch of ["upper", "lower"] as const) {
    const teeth = model
      .teeth()
      .filter((part) => part.plan.arch === arch)
      .sort((a, b) => (a.plan.key < b.plan.key ? -1 : 1));
    const centres = teeth.map((part) => centreOf(model, part) ?? new Vector3());
    const middle = centres
      .reduce((sum, c) => sum.add(c), new Vector3())
      .divideScalar(Math.max(1, centres.length));
    teeth.forEach((part, i) => {
      const here = centres[i] ?? middle;
      const before = centres[i - 1] ?? here;
      const after = centres[i + 1] ?? here;
      const outward = after.clone().sub(before).cross(UP).setZ(0);
      if (outward.lengthSq() < 1e-6) outward.set(0, -1, 0);
      if (outward.dot(here.clone().sub(middle)) < 0) outward.negate();
      directions.set(part.plan.key, outward.normalize());
    });
  }
  return directions;
}

/**
 * The vertex nearest the biting edge among those that lie outwards of a tooth: its margin on the buccal side.
 * `vertices` holds x, y, z each; `rootwards` is +1 for upper teeth, −1 for lower ones.
 */
export function marginPoint(
  vertices: ArrayLike<number>,
  centre: Vector3,
  outward: Vector3,
  rootwards: 1 | -1,
): Vector3 | null {
  let margin: Vector3 | null = null;
  for (let i = 0; i < vertices.length; i += 3) {
    const [x = 0, y = 0, z = 0] = [vertices[i], vertices[i + 1], vertices[i + 2]];
    const away = Math.hypot(x - centre.x, y - centre.y);
    if (away > NEAR_MM || away < 1e-6) continue;
    if (((x - centre.x) * outward.x + (y - centre.y) * outward.y) / away < STRAIGHT_OUT) continue;
    if (!margin || (z - margin.z) * rootwards < 0) margin = new Vector3(x, y, z);
  }
  return margin;
}

/** Where each tooth's number stands: on the gingiva over its margin, else where the plan says, else its middle. */
export function numberPlaces(model: Model, outward: ReadonlyMap<string, Vector3>): Map<string, Vector3> {
  const places = new Map<string, Vector3>();
  const gingiva = new Map<string, Float32Array[]>();
  for (const part of model.parts.values()) {
    if (part.plan.kind === "gingiva") gingiva.set(part.plan.arch, shownMeshes(part).map(worldVertices));
  }
  for (const part of model.teeth()) {
    const centre = centreOf(model, part);
    const out = outward.get(part.plan.key);
    if (!centre || !out) continue;
    const rootwards = part.plan.arch === "upper" ? 1 : -1;
    const margins = (gingiva.get(part.plan.arch) ?? []).flatMap(
      (v) => marginPoint(v, centre, out, rootwards) ?? [],
    );
    const margin = margins[0]?.setZ(margins[0].z + rootwards * OVER_MARGIN_MM);
    const planned = part.plan.label_point && new Vector3(...part.plan.label_point);
    places.set(part.plan.key, margin ?? planned ?? centre);
  }
  return places;
}
