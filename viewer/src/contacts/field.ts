/**
 * How near the teeth of one arch come to those of the other: a signed distance a vertex, negative where two surfaces overlap. Runs in a
 * worker; knows no page and no graphics card.
 *
 * Each tooth keeps one tree of its triangles in its own frame; a stage only brings new poses. The sign is told by how often a ray towards
 * the biting side meets the other tooth: crowns are open at the root, so that is the one way which always leaves through enamel. The nearest
 * triangle's normal would be wrong along edges.
 */
import { Box3, BufferAttribute, BufferGeometry, DoubleSide, Matrix4, Ray, Vector3 } from "three";
import { type HitPointInfo, MeshBVH } from "three-mesh-bvh";
import type { Arch } from "../format/plan.ts";
import { FAR_MM, TOUCH_MM } from "./limits.ts";

export interface ToothShape {
  readonly key: string;
  readonly arch: Arch;
  /** x, y, z a vertex, mm, in the frame of the tooth's node. */
  readonly position: Float32Array;
  readonly index: Uint32Array;
}

export interface Posed {
  readonly key: string;
  /** The node in the world, 16 numbers by columns. */
  readonly matrix: readonly number[];
}

export interface ToothContacts {
  readonly key: string;
  /** Signed distance a vertex, mm; `FAR_MM` where nothing is near. */
  readonly distance: Float32Array;
  /** Separate places that touch. */
  readonly places: number;
  /** The least distance, mm; null when nothing is near. */
  readonly nearest: number | null;
}

interface Tree {
  readonly shape: ToothShape;
  readonly bvh: MeshBVH;
  readonly box: Box3;
  /** Vertices that share an edge or a place. */
  readonly neighbours: readonly (readonly number[])[];
}

/** For each vertex its neighbours; vertices at one place count as one, because packing splits them. */
function adjacency({ position, index }: ToothShape): number[][] {
  const first = new Map<string, number>();
  const same = Array.from({ length: position.length / 3 }, (_, v) => {
    const at = `${position[v * 3]?.toFixed(3)},${position[v * 3 + 1]?.toFixed(3)},${position[v * 3 + 2]?.toFixed(3)}`;
    const known = first.get(at);
    if (known === undefined) first.set(at, v);
    return known ?? v;
  });
  const near: number[][] = same.map(() => []);
  const join = (a: number, b: number) => {
    near[a]?.push(b);
    near[b]?.push(a);
  };
  same.forEach((other, v) => {
    if (other !== v) join(v, other);
  });
  for (let t = 0; t < index.length; t += 3) {
    const [a = 0, b = 0, c = 0] = [index[t], index[t + 1], index[t + 2]];
    join(a, b);
    join(b, c);
    join(c, a);
  }
  return near;
}

/** How many separate groups of neighbouring vertices touch. */
function countPlaces(distance: Float32Array, neighbours: Tree["neighbours"]): number {
  const seen = new Uint8Array(distance.length);
  let places = 0;
  for (let start = 0; start < distance.length; start++) {
    if (seen[start] || (distance[start] ?? FAR_MM) > TOUCH_MM) continue;
    places++;
    const waiting = [start];
    seen[start] = 1;
    for (let here = waiting.pop(); here !== undefined; here = waiting.pop()) {
      for (const there of neighbours[here] ?? []) {
        if (seen[there] || (distance[there] ?? FAR_MM) > TOUCH_MM) continue;
        seen[there] = 1;
        waiting.push(there);
      }
    }
  }
  return places;
}

export class ContactField {
  private readonly trees: Tree[] = [];

  constructor(shapes: readonly ToothShape[] = []) {
    this.add(shapes);
  }

  /** More shapes: a tooth that changes its geometry has one an epoch, each with a key of its own. */
  add(shapes: readonly ToothShape[]): void {
    const grown = shapes.map((shape) => {
      const geometry = new BufferGeometry();
      geometry.setAttribute("position", new BufferAttribute(shape.position, 3));
      // The tree puts the triangles into an order of its own.
      geometry.setIndex(new BufferAttribute(shape.index.slice(), 1));
      geometry.computeBoundingBox();
      const box = geometry.boundingBox ?? new Box3();
      return { shape, bvh: new MeshBVH(geometry), box, neighbours: adjacency(shape) };
    });
    this.trees.push(...grown);
  }

  /** The contacts of every tooth at these poses; teeth without a pose (hidden, not there yet) take no part. */
  measure(poses: readonly Posed[]): ToothContacts[] {
    const at = new Map(poses.map(({ key, matrix }) => [key, new Matrix4().fromArray(matrix)]));
    const placed = this.trees.flatMap((tree) => {
      const world = at.get(tree.shape.key);
      return world ? [{ tree, world, box: tree.box.clone().applyMatrix4(world).expandByScalar(FAR_MM) }] : [];
    });
    return placed.map(({ tree, world, box }) => {
      const distance = new Float32Array(tree.shape.position.length / 3).fill(FAR_MM);
      for (const other of placed) {
        if (other.tree.shape.arch !== tree.shape.arch && box.intersectsBox(other.box))
          this.against(tree, world, other.tree, other.world, distance);
      }
      const nearest = distance.reduce((least, d) => Math.min(least, d), FAR_MM);
      return {
        key: tree.shape.key,
        distance,
        places: countPlaces(distance, tree.neighbours),
        nearest: nearest < FAR_MM ? nearest : null,
      };
    });
  }

  private against(
    tree: Tree,
    world: Matrix4,
    other: Tree,
    otherWorld: Matrix4,
    distance: Float32Array,
  ): void {
    const inverse = otherWorld.clone().invert();
    const toOther = inverse.clone().multiply(world);
    const room = other.box.clone().expandByScalar(FAR_MM);
    // Upper crowns bite downwards, lower ones upwards.
    const biting = new Vector3(0, 0, other.shape.arch === "upper" ? -1 : 1).transformDirection(inverse);
    const point = new Vector3();
    const hit = {} as HitPointInfo;
    const { position } = tree.shape;
    for (let v = 0; v < distance.length; v++) {
      point.fromArray(position, v * 3).applyMatrix4(toOther);
      if (!room.containsPoint(point)) continue;
      const found = other.bvh.closestPointToPoint(point, hit, 0, FAR_MM);
      if (!found) continue;
      const crossed = other.bvh.raycast(new Ray(point, biting), DoubleSide).length;
      const signed = crossed % 2 === 1 ? -found.distance : found.distance;
      if (signed < (distance[v] ?? FAR_MM)) distance[v] = signed;
    }
  }
}
