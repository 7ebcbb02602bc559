/**
 * Parts whose geometry changes between stages (an attachment bonded on, enamel stripped) hold one child node an epoch, hidden outside its
 * stages by a scale of 0. What measures or paints such a part must take the triangles of the stage it speaks of.
 */
import { type BufferGeometry, type Material, Matrix4, type Mesh, Vector3 } from "three";
import type { ModelPart } from "./model.ts";

/** Scales below this are the 0 of a hidden epoch; quantised coordinates have scales of about 0.0005. */
const HIDDEN = 1e-7;

type PartMesh = Mesh<BufferGeometry, Material>;

/** Whether a mesh belongs to the epoch that the model stands in. */
export function inEpoch(mesh: Mesh): boolean {
  return mesh.matrixWorld.getMaxScaleOnAxis() > HIDDEN;
}

/** The meshes of a part at the stage where its model stands. */
export function shownMeshes(part: ModelPart): readonly PartMesh[] {
  const shown = part.meshes.filter(inEpoch);
  return shown.length === part.meshes.length ? part.meshes : shown;
}

/** Points and normals of some meshes in the frame of the part's node, x, y, z each; those without a normal get 0. */
export interface Skin {
  readonly points: Float32Array;
  readonly normals: Float32Array;
}

export function skinOf(part: ModelPart, meshes: readonly PartMesh[]): Skin {
  const count = meshes.reduce((sum, mesh) => sum + mesh.geometry.getAttribute("position").count, 0);
  const skin = { points: new Float32Array(count * 3), normals: new Float32Array(count * 3) };
  const toNode = part.node.matrixWorld.clone().invert();
  const at = new Vector3();
  let row = 0;
  for (const mesh of meshes) {
    const matrix = new Matrix4().multiplyMatrices(toNode, mesh.matrixWorld);
    const position = mesh.geometry.getAttribute("position");
    const normal = mesh.geometry.getAttribute("normal");
    for (let i = 0; i < position.count; i++, row += 3) {
      at.fromBufferAttribute(position, i).applyMatrix4(matrix).toArray(skin.points, row);
      if (normal) at.fromBufferAttribute(normal, i).transformDirection(matrix).toArray(skin.normals, row);
    }
  }
  return skin;
}

/**
 * How far each point within `reach` mm of `middle` stands out of the surface `base`, measured along the normal of the nearest point there;
 * 0 for points farther off and for those inside. All in one frame, mm.
 */
export function heights(
  points: Float32Array,
  base: Skin,
  middle: readonly [number, number, number],
  reach: number,
): Float32Array {
  const near: number[] = [];
  for (let i = 0; i < base.points.length; i += 3)
    if (apart(base.points, i, middle, 0) < (reach + 2) ** 2) near.push(i);
  const found = new Float32Array(points.length / 3);
  for (let i = 0; i < points.length; i += 3) {
    if (apart(points, i, middle, 0) > reach ** 2) continue;
    let nearest = -1;
    let least = Number.POSITIVE_INFINITY;
    for (const j of near) {
      const distance = apart(points, i, base.points, j);
      if (distance < least) {
        least = distance;
        nearest = j;
      }
    }
    if (nearest >= 0) found[i / 3] = Math.max(0, along(points, i, base, nearest));
  }
  return found;
}

function apart(a: ArrayLike<number>, i: number, b: ArrayLike<number>, j: number): number {
  const [x, y, z] = difference(a, i, b, j);
  return x * x + y * y + z * z;
}

function along(points: Float32Array, i: number, base: Skin, j: number): number {
  const [x, y, z] = difference(points, i, base.points, j);
  const { normals } = base;
  return x * (normals[j] ?? 0) + y * (normals[j + 1] ?? 0) + z * (normals[j + 2] ?? 0);
}

function difference(
  a: ArrayLike<number>,
  i: number,
  b: ArrayLike<number>,
  j: number,
): [number, number, number] {
  return [(a[i] ?? 0) - (b[j] ?? 0), (a[i + 1] ?? 0) - (b[j + 1] ?? 0), (a[i + 2] ?? 0) - (b[j + 2] ?? 0)];
}
