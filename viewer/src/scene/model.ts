/**
 * One loaded file: the parts of the plan as nodes, and the stage they stand at.
 *
 * Packing inserts quantisation nodes and three cleans up names, so a part is found by `extras.key`, else by its name, and owns
 * every mesh below it. The part's node carries the pose alone (no scale): local points are millimetres in any file.
 */
import {
  type AnimationClip,
  AnimationMixer,
  Box3,
  BufferAttribute,
  type BufferGeometry,
  type Camera,
  type Intersection,
  type Material,
  type Matrix4,
  Mesh,
  type Object3D,
  PropertyBinding,
  Raycaster,
  type Vector2,
  Vector3,
} from "three";
import { MeshoptDecoder } from "three/addons/libs/meshopt_decoder.module.js";
import { GLTFLoader } from "three/addons/loaders/GLTFLoader.js";
import type { Arch, Extraction, Part, Plan } from "../format/plan.ts";
import { isExtracted } from "../format/timeline.ts";
import { rimDistances } from "./border.ts";
import { shownMeshes } from "./epochs.ts";
import { GINGIVA_LAYER } from "./outline.ts";
import type { Palette } from "./palette.ts";

const OUTLINE_POINTS = 400;

export interface ModelPart {
  readonly plan: Part;
  readonly node: Object3D;
  readonly meshes: readonly Mesh<BufferGeometry, Material>[];
}

export interface Hit {
  readonly part: ModelPart;
  /** World, mm. */
  readonly point: Vector3;
  /** World, unit length, towards the viewer. */
  readonly normal: Vector3;
}

/** The file lacks parts of the plan or is no model. */
export class ModelError extends Error {
  override readonly name = "ModelError";
}

function meshesBelow(node: Object3D): Mesh<BufferGeometry, Material>[] {
  const found: Mesh<BufferGeometry, Material>[] = [];
  node.traverse((object) => {
    if (object instanceof Mesh) found.push(object as Mesh<BufferGeometry, Material>);
  });
  return found;
}

function findParts(root: Object3D, parts: readonly Part[]): Map<string, ModelPart> {
  const byKey = new Map(parts.map((part) => [part.key, part]));
  const byName = new Map(parts.map((part) => [PropertyBinding.sanitizeNodeName(part.key), part]));
  const found = new Map<string, ModelPart>();
  root.traverse((node) => {
    const part = byKey.get(String(node.userData.key)) ?? byName.get(node.name);
    if (!part || found.has(part.key)) return;
    const meshes = meshesBelow(node);
    if (meshes.length > 0) found.set(part.key, { plan: part, node, meshes });
  });
  return found;
}

/** Every vertex of a mesh as it stands now, world, three numbers each. */
export function worldVertices(mesh: Mesh): Float32Array {
  const position = mesh.geometry.getAttribute("position");
  const world = new Float32Array(position.count * 3);
  const corner = new Vector3();
  for (let i = 0; i < position.count; i++) {
    mesh
      .getVertexPosition(i, corner)
      .applyMatrix4(mesh.matrixWorld)
      .toArray(world, i * 3);
  }
  return world;
}

/** Give a gingiva its distance from the rim a vertex, where the palette's shader looks for it: in the colour's alpha. */
function fadeRim(mesh: Mesh<BufferGeometry, Material>): void {
  const { geometry } = mesh;
  if (!geometry.index) return;
  const distances = rimDistances(worldVertices(mesh), geometry.index.array);
  const colour = new Float32Array(distances.length * 4).fill(1);
  distances.forEach((distance, i) => {
    colour[i * 4 + 3] = distance;
  });
  geometry.setAttribute("color", new BufferAttribute(colour, 4));
}

/** Some points of a part as it stands, enough to know its outline. World. */
function outline(part: ModelPart): Vector3[] {
  return shownMeshes(part).flatMap((mesh) => {
    const position = mesh.geometry.getAttribute("position");
    const stride = Math.max(1, Math.floor(position.count / OUTLINE_POINTS));
    const points: Vector3[] = [];
    for (let i = 0; i < position.count; i += stride) points.push(mesh.getVertexPosition(i, new Vector3()));
    for (const point of points) mesh.localToWorld(point);
    return points;
  });
}

export class Model {
  /** Each part's box at stage 0, world. */
  readonly boxes = new Map<string, Box3>();
  /** Where each part's node stands at stage 0, in the world it was read in. */
  readonly starts = new Map<string, Matrix4>();
  /** Each part's outline at stage 0, world. */
  readonly outlines = new Map<string, Vector3[]>();
  private readonly mixer: AnimationMixer;
  private readonly arches: Record<Arch, boolean> = { upper: true, lower: true };
  private stage = 0;
  private readonly ray = new Raycaster();

  private constructor(
    readonly root: Object3D,
    readonly parts: ReadonlyMap<string, ModelPart>,
    animations: readonly AnimationClip[],
    private readonly extractions: readonly Extraction[],
  ) {
    this.mixer = new AnimationMixer(root);
    for (const clip of animations) {
      // A clip wraps round at its end, which would show the start at the last stage: let it end one later.
      clip.duration += 1;
      this.mixer.clipAction(clip).play();
    }
    this.setStage(0);
    for (const [key, part] of parts) {
      const points = outline(part);
      this.outlines.set(key, points);
      this.boxes.set(key, new Box3().setFromPoints(points));
      this.starts.set(key, part.node.matrixWorld.clone());
    }
  }

  /** Parse a file and dress its parts. Raises ModelError, or what the loader raises for a broken file. */
  static async read(
    bytes: ArrayBuffer,
    { parts, extractions }: Pick<Plan, "parts" | "extractions">,
    palette: Palette,
  ): Promise<Model> {
    const gltf = await new GLTFLoader().setMeshoptDecoder(MeshoptDecoder).parseAsync(bytes, "");
    gltf.scene.updateMatrixWorld(true);
    const found = findParts(gltf.scene, parts);
    if (found.size === 0) throw new ModelError("The file holds none of the plan's parts.");
    const toothed = new Set(
      [...found.values()].flatMap(({ plan }) => (plan.kind === "tooth" ? plan.arch : [])),
    );
    const gum = (arch: Arch) => (toothed.has(arch) ? palette.gingiva : palette.cast);
    const gums = { upper: gum("upper"), lower: gum("lower") };
    for (const part of found.values()) {
      for (const mesh of part.meshes) {
        mesh.material.dispose();
        mesh.material = part.plan.kind === "tooth" ? palette.tooth : gums[part.plan.arch];
        if (!mesh.geometry.hasAttribute("normal")) mesh.geometry.computeVertexNormals();
        if (part.plan.kind === "gingiva") {
          fadeRim(mesh);
          mesh.layers.enable(GINGIVA_LAYER);
        }
      }
    }
    return new Model(gltf.scene, found, gltf.animations, extractions);
  }

  /** Pose everything; fractions stand between two stages. */
  setStage(stage: number): void {
    this.stage = stage;
    this.mixer.setTime(stage);
    this.root.updateMatrixWorld(true);
    this.unveil();
  }

  /** Whether a part is in the mouth at the stage where the model stands: a tooth that is taken out is not, from then on. */
  isThere({ plan: { fdi } }: ModelPart): boolean {
    return fdi === null || !isExtracted(this.extractions, fdi, this.stage);
  }

  private unveil(): void {
    for (const part of this.parts.values())
      part.node.visible = this.arches[part.plan.arch] && this.isThere(part);
  }

  /** What something reads of another stage; the model stands where it stood afterwards. */
  at<T>(stage: number, read: () => T): T {
    const here = this.stage;
    this.setStage(stage);
    try {
      return read();
    } finally {
      this.setStage(here);
    }
  }

  show(arch: Arch, visible: boolean): void {
    this.arches[arch] = visible;
    this.unveil();
  }

  tooth(fdi: number): ModelPart | undefined {
    for (const part of this.parts.values()) if (part.plan.fdi === fdi) return part;
    return undefined;
  }

  teeth(): ModelPart[] {
    return [...this.parts.values()].filter((part) => part.plan.kind === "tooth");
  }

  /** What lies under a point of the picture (−1…1), or null. Only visible parts count, never ghosts or markers. */
  pick(at: Vector2, camera: Camera): Hit | null {
    this.ray.setFromCamera(at, camera);
    let nearest: { part: ModelPart; hit: Intersection } | null = null;
    for (const part of this.parts.values()) {
      if (!part.node.visible) continue;
      const hit = this.ray.intersectObjects([...shownMeshes(part)], false)[0];
      if (hit && (!nearest || hit.distance < nearest.hit.distance)) nearest = { part, hit };
    }
    if (!nearest) return null;
    const { part, hit } = nearest;
    const normal = (hit.face?.normal.clone() ?? new Vector3(0, 0, 1)).transformDirection(
      hit.object.matrixWorld,
    );
    if (normal.dot(this.ray.ray.direction) > 0) normal.negate();
    return { part, point: hit.point.clone(), normal };
  }

  dispose(): void {
    this.mixer.stopAllAction();
    this.root.removeFromParent();
    for (const mesh of meshesBelow(this.root)) mesh.geometry.dispose();
  }
}
