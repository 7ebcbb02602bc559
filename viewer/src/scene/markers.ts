/**
 * Planned attachments on the models.
 *
 * Most exports carry no attachment shapes: then an attachment is a marker at the middle of the crown's surface, of the planned size where
 * the plan gives one; the page says so. Markers are children of their tooth and move with it. Where the models do carry the shape, it is that
 * shape which gets the colour, and nothing is put beside it.
 */
import {
  BufferAttribute,
  type BufferGeometry,
  Mesh,
  Object3D,
  Quaternion,
  Raycaster,
  SphereGeometry,
  Vector3,
} from "three";
import type { Attachment } from "../format/plan.ts";
import { attachmentState } from "../format/timeline.ts";
import { buccalDirections } from "./anatomy.ts";
import { heights, shownMeshes, skinOf } from "./epochs.ts";
import type { Model, ModelPart } from "./model.ts";
import type { Palette } from "./palette.ts";

const UP = new Vector3(0, 0, 1);
/** How far a marker stands out of the enamel, mm. */
const THICKNESS = 1;
/** What belongs to an attachment's shape lies within its half size and this, mm, of its place. */
const ROUND_SHAPE = 1.2;
const DEFAULT_SIZE = [3, 2] as const;

/** Width and height in mm from words such as "3.5 × 2 mm"; the usual size when they hold no numbers. */
export function sizeFromWords(size: string): readonly [number, number] {
  const numbers =
    size
      .replaceAll(",", ".")
      .match(/\d+(\.\d+)?/g)
      ?.map(Number) ?? [];
  const [width = DEFAULT_SIZE[0], height = DEFAULT_SIZE[1]] = numbers.filter((n) => n > 0.2 && n < 10);
  return [width, height];
}

/**
 * Give the shape of an attachment its height over the bare tooth, where the palette's shader looks for it. False when the models of the stages
 * with and without it are the same: then they do not carry it.
 */
function paintShape(
  model: Model,
  part: ModelPart,
  { added, removed, size, shape_at: at }: Attachment,
): boolean {
  const without = added > 0 ? added - 1 : removed;
  if (!at || without === null) return false;
  const look = (stage: number) =>
    model.at(stage, () => {
      const meshes = shownMeshes(part);
      return { meshes, skin: skinOf(part, meshes) };
    });
  const bare = look(without);
  const bonded = look(added);
  if (bonded.meshes.some((mesh) => bare.meshes.includes(mesh))) return false;
  const reach = Math.max(...sizeFromWords(size)) / 2 + ROUND_SHAPE;
  const height = heights(bonded.skin.points, bare.skin, at, reach);
  let start = 0;
  for (const mesh of bonded.meshes) {
    const { count } = mesh.geometry.getAttribute("position");
    const here = height.slice(start, start + count);
    start += count;
    const before = mesh.geometry.getAttribute("bonded");
    // A tooth may carry two of them.
    if (before) for (let i = 0; i < count; i++) here[i] = Math.max(here[i] ?? 0, before.getX(i));
    mesh.geometry.setAttribute("bonded", new BufferAttribute(here, 1));
  }
  return true;
}

/** Where a ray from outside meets the tooth at mid-crown: place and direction in the frame of its node. */
function surfacePoint(
  part: ModelPart,
  centre: Vector3,
  outward: Vector3,
): { point: Vector3; outward: Vector3 } | null {
  const ray = new Raycaster(centre.clone().addScaledVector(outward, 30), outward.clone().negate());
  const hit = ray.intersectObjects([...shownMeshes(part)], false)[0];
  if (!hit?.face) return null;
  const normal = hit.face.normal.clone().transformDirection(hit.object.matrixWorld);
  const toLocal = part.node.getWorldQuaternion(new Quaternion()).invert();
  return {
    point: part.node.worldToLocal(hit.point.clone()),
    outward: normal.add(outward).normalize().applyQuaternion(toLocal),
  };
}

/** A box with soft edges: a sphere pushed out towards its cube. */
function roundedBox(sphere: SphereGeometry): BufferGeometry {
  const box = sphere.clone();
  const position = box.getAttribute("position");
  const v = new Vector3();
  for (let i = 0; i < position.count; i++) {
    v.fromBufferAttribute(position, i);
    const power = (v.x ** 6 + v.y ** 6 + v.z ** 6) ** (1 / 6);
    v.multiplyScalar(0.5 / power);
    position.setXYZ(i, v.x, v.y, v.z);
  }
  box.computeVertexNormals();
  return box;
}

export class AttachmentMarkers {
  private readonly items: { readonly plan: Attachment; readonly mesh: Object3D }[] = [];
  private readonly geometries: BufferGeometry[] = [];

  /** The model must stand at stage 0. */
  constructor(model: Model, attachments: readonly Attachment[], palette: Palette) {
    const round = new SphereGeometry(0.5, 24, 16);
    const cut = roundedBox(round);
    this.geometries.push(round, cut);
    const buccal = buccalDirections(model);
    for (const plan of attachments) {
      const part = model.tooth(plan.fdi);
      const direction = part && buccal.get(part.plan.key)?.clone();
      const centre = part && model.boxes.get(part.plan.key)?.getCenter(new Vector3());
      if (!part || !direction || !centre) continue;
      if (/lingual|palatal/i.test(plan.surface)) direction.negate();
      if (paintShape(model, part, plan)) {
        const spot = new Object3D();
        spot.position.fromArray(plan.shape_at ?? []);
        const toLocal = part.node.getWorldQuaternion(new Quaternion()).invert();
        spot.quaternion.setFromUnitVectors(UP, direction.applyQuaternion(toLocal));
        part.node.add(spot);
        this.items.push({ plan, mesh: spot });
        continue;
      }
      const place = surfacePoint(part, centre, direction);
      if (!place) continue;
      const mesh = new Mesh<BufferGeometry>(
        /ellip|round/i.test(plan.shape) ? round : cut,
        palette.attachment,
      );
      const [width, height] = sizeFromWords(plan.size);
      mesh.scale.set(width, height, THICKNESS * 2);
      mesh.position.copy(place.point);
      // Local +z out of the surface, +y along the tooth.
      mesh.up.copy(UP);
      mesh.quaternion.setFromUnitVectors(UP, place.outward);
      const lengthwise = UP.clone().applyQuaternion(mesh.quaternion.clone().invert()).setZ(0);
      if (lengthwise.lengthSq() > 1e-6) {
        mesh.quaternion.multiply(
          new Quaternion().setFromUnitVectors(new Vector3(0, 1, 0), lengthwise.normalize()),
        );
      }
      part.node.add(mesh);
      this.items.push({ plan, mesh });
    }
  }

  update(visible: boolean, stage: number): void {
    for (const { plan, mesh } of this.items) mesh.visible = visible && attachmentState(plan, stage) === "on";
  }

  /** How many are shown now: bodies put on the models, and shapes of the models in their colour. */
  get shown(): { markers: number; shapes: number } {
    const visible = this.items.filter(({ mesh }) => mesh.visible);
    const markers = visible.filter(({ mesh }) => mesh instanceof Mesh).length;
    return { markers, shapes: visible.length - markers };
  }

  /** Where each sits: tooth and place, world, as the model stands now; for those that could be placed. */
  places(): { readonly fdi: number; readonly point: Vector3; readonly outward: Vector3 }[] {
    return this.items.map(({ plan, mesh }) => ({
      fdi: plan.fdi,
      point: mesh.getWorldPosition(new Vector3()),
      outward: new Vector3(0, 0, 1).transformDirection(mesh.matrixWorld),
    }));
  }

  dispose(): void {
    for (const { mesh } of this.items) mesh.removeFromParent();
    for (const geometry of this.geometries) geometry.dispose();
  }
}
