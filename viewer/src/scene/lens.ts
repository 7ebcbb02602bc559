/**
 * The two cameras on one orbit. Perspective shows form as eyes see it; orthographic shows true lengths and is used while the
 * grid or the ruler is on. Both look at one target with the same scale there, so switching does not move the picture.
 */
import { OrthographicCamera, PerspectiveCamera, Vector3 } from "three";
import { OrbitControls } from "three/addons/controls/OrbitControls.js";
import type { ViewName } from "../format/plan.ts";

const FIELD_OF_VIEW = 22;
const HALF_FIELD = Math.tan(((FIELD_OF_VIEW / 2) * Math.PI) / 180);
/** Far enough outside the models that the near plane never cuts them. */
const ORTHOGRAPHIC_DISTANCE = 300;
const NEAR = 4;
const FAR = 1500;
/** Nearer than this the camera would stand inside the arch. */
const CLOSEST = 45;

/**
 * From where each view looks: the patient's right side is −x. The occlusal views stay a hair in front of the pole so that
 * "up" keeps its meaning: upper incisors at the top, lower incisors at the bottom, the patient's right at the left.
 */
const DIRECTIONS: Record<ViewName, readonly [number, number, number]> = {
  front: [0, -1, 0],
  right: [-1, -0.12, 0],
  left: [1, -0.12, 0],
  upper: [0, -0.001, -1],
  lower: [0, -0.001, 1],
};

export interface Frame {
  readonly width: number;
  readonly height: number;
}

export class Lens {
  readonly perspective = new PerspectiveCamera(FIELD_OF_VIEW, 1, NEAR, FAR);
  readonly orthographic = new OrthographicCamera(-1, 1, 1, -1, NEAR, FAR);
  readonly controls: OrbitControls;
  private frame: Frame = { width: 1, height: 1 };

  constructor(canvas: HTMLElement) {
    for (const camera of [this.perspective, this.orthographic]) {
      camera.up.set(0, 0, 1);
      camera.position.set(0, -ORTHOGRAPHIC_DISTANCE, 0);
    }
    this.controls = new OrbitControls(this.perspective, canvas);
    this.controls.enableDamping = false;
    this.controls.zoomToCursor = true;
    this.setScaleLimits(1);
  }

  get camera(): PerspectiveCamera | OrthographicCamera {
    return this.controls.object as PerspectiveCamera | OrthographicCamera;
  }

  /** CSS pixels a millimetre has at the target. */
  get pxPerMm(): number {
    const { camera } = this;
    if (camera === this.orthographic) return this.orthographic.zoom;
    return this.frame.height / 2 / (this.controls.getDistance() * HALF_FIELD);
  }

  resize(frame: Frame): void {
    // Half a turn takes the same stroke of a finger on a low stage as on a high one.
    this.controls.rotateSpeed = Math.min(1, frame.height / 760);
    const scale = this.pxPerMm * (frame.height / this.frame.height);
    this.frame = frame;
    this.perspective.aspect = frame.width / frame.height;
    this.perspective.updateProjectionMatrix();
    const { orthographic } = this;
    orthographic.left = -frame.width / 2;
    orthographic.right = frame.width / 2;
    orthographic.top = frame.height / 2;
    orthographic.bottom = -frame.height / 2;
    if (this.camera === orthographic) orthographic.zoom = scale;
    orthographic.updateProjectionMatrix();
  }

  /** True when the camera changed. */
  useOrthographic(on: boolean): boolean {
    const next = on ? this.orthographic : this.perspective;
    if (next === this.camera) return false;
    const direction = this.direction();
    const scale = this.pxPerMm;
    this.controls.object = next;
    this.place(direction, this.controls.target.clone(), scale);
    return true;
  }

  /** From the target towards the camera. */
  direction(): Vector3 {
    return this.camera.position.clone().sub(this.controls.target).normalize();
  }

  /** Look at points from a named side, or along a direction, as near as they and the margins (CSS px) allow. */
  fit(from: ViewName | Vector3, points: readonly Vector3[], margin: Frame): void {
    const direction =
      from instanceof Vector3 ? from.clone().normalize() : new Vector3(...DIRECTIONS[from]).normalize();
    const { target, scale } = fitted(
      direction,
      points,
      this.roomFor(margin),
      this.camera === this.perspective ? this.focal : null,
    );
    this.setScaleLimits(scale);
    this.place(direction, target, scale);
  }

  /** Where the camera stands, in words that hold on a screen of another size. */
  where(): { direction: Vector3; target: Vector3; height_mm: number } {
    return {
      direction: this.direction(),
      target: this.controls.target.clone(),
      height_mm: this.frame.height / this.pxPerMm,
    };
  }

  /** Stand where `where` said, within the limits of this picture. */
  stand(direction: Vector3, target: Vector3, height_mm: number): void {
    this.place(direction.clone().normalize(), target, this.frame.height / height_mm);
  }

  private get focal(): number {
    return this.frame.height / 2 / HALF_FIELD;
  }

  private roomFor(margin: Frame): Frame {
    return {
      width: Math.max(40, this.frame.width - 2 * margin.width),
      height: Math.max(40, this.frame.height - 2 * margin.height),
    };
  }

  private place(direction: Vector3, target: Vector3, scale: number): void {
    const { camera, controls } = this;
    const distance = camera === this.orthographic ? ORTHOGRAPHIC_DISTANCE : this.focal / scale;
    controls.target.copy(target);
    camera.position.copy(target).addScaledVector(direction, distance);
    if (camera === this.orthographic) this.orthographic.zoom = scale;
    camera.updateProjectionMatrix();
    controls.update();
  }

  /** From half the fitted size to a tooth filling the picture. */
  private setScaleLimits(scale: number): void {
    this.controls.minZoom = scale * 0.5;
    this.controls.maxZoom = scale * 12;
    this.controls.minDistance = Math.max(CLOSEST, this.focal / (scale * 12));
    this.controls.maxDistance = Math.max(this.focal / (scale * 0.5), CLOSEST);
  }
}

/**
 * The scale (px a mm at the target) and target that show all points inside a room, seen along a direction.
 * With a focal length (px) nearer points look larger; without one the camera is orthographic.
 */
export function fitted(
  direction: Vector3,
  points: readonly Vector3[],
  room: Frame,
  focal: number | null,
): { target: Vector3; scale: number } {
  const forward = direction.clone().negate();
  const right = forward
    .clone()
    .cross(new Vector3(0, 0, 1))
    .normalize();
  const up = right.clone().cross(forward);
  const spans = [right, up, forward].map((axis) => {
    const along = points.map((point) => point.dot(axis));
    return [Math.min(...along), Math.max(...along)] as const;
  });
  const middle = spans.map(([low, high]) => (low + high) / 2);
  const axes = [right, up, forward];
  const target = axes.reduce((sum, axis, i) => sum.addScaledVector(axis, middle[i] ?? 0), new Vector3());
  let distance = 1;
  let widest = 1e-6;
  for (const point of points) {
    const [x, y, z] = axes.map((axis, i) => point.dot(axis) - (middle[i] ?? 0)) as [number, number, number];
    const need = Math.max(Math.abs(x) / (room.width / 2), Math.abs(y) / (room.height / 2));
    widest = Math.max(widest, need);
    if (focal !== null) distance = Math.max(distance, need * focal - z);
  }
  return { target, scale: focal === null ? 1 / widest : focal / distance };
}
