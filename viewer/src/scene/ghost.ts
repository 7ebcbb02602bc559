/**
 * Teeth as they stand elsewhere: at another stage of this version, or in another version. They are drawn by `Outline` as lines alone, in
 * a scene of their own, and only where they stand elsewhere than the models shown: lines round what is the same say nothing.
 */
import { Color, type Matrix4, Mesh, MeshBasicMaterial, Scene, Vector3 } from "three";
import type { Arch } from "../format/plan.ts";
import type { Model, ModelPart } from "./model.ts";

/** Nearer than this (mm) two places are the same: twice what the packed models are off. */
const SAME_MM = 0.03;
/** Teeth are told apart by this many steps of red; each mesh of a tooth has its tooth's. */
const SHADES = 250;

interface Outlined {
  readonly part: ModelPart;
  readonly start: Matrix4;
  readonly meshes: readonly { readonly mesh: Mesh; readonly source: Mesh }[];
}

function moved(part: ModelPart, start: Matrix4): Matrix4 {
  return part.node.matrixWorld.clone().multiply(start.clone().invert());
}

export class Ghost {
  readonly scene = new Scene();
  private readonly teeth: Outlined[] = [];
  private readonly materials: MeshBasicMaterial[] = [];
  private now = new Map<ModelPart, Matrix4>();

  /** The source may be the model that is shown, or another one that lies in the same world. */
  constructor(readonly source: Model) {
    this.scene.matrixWorldAutoUpdate = false;
    source.at(0, () => {
      source.teeth().forEach((part, i) => {
        const material = new MeshBasicMaterial({
          color: new Color((1 + (i % SHADES)) / 255, 0, 0),
          toneMapped: false,
          fog: false,
        });
        this.materials.push(material);
        const meshes = part.meshes.map((mesh) => ({ source: mesh, mesh: new Mesh(mesh.geometry, material) }));
        for (const { mesh } of meshes) {
          mesh.matrixWorldAutoUpdate = false;
          this.scene.add(mesh);
        }
        this.teeth.push({ part, start: part.node.matrixWorld.clone(), meshes });
      });
    });
  }

  /** Take the places at a stage of the source, and show those teeth of the given arches that stand elsewhere in `model`. */
  update(model: Model, stage: number, arches: Readonly<Record<Arch, boolean>>): void {
    const place = () => {
      for (const { part, start, meshes } of this.teeth) {
        const here = this.counterpart(model, part);
        const there = moved(part, start);
        const from = here && model.starts.get(here.plan.key);
        const elsewhere = !here || !from || this.apart(model, here, from, there) > SAME_MM;
        for (const { mesh, source } of meshes) {
          mesh.visible = arches[part.plan.arch] && elsewhere && this.source.isThere(part);
          mesh.matrixWorld.copy(source.matrixWorld);
        }
      }
    };
    // Reading another stage of the shown model moves it for a moment, so where it stands now is kept first. A tooth that is out stands nowhere.
    const there = model.teeth().filter((part) => model.isThere(part));
    this.now = new Map(there.map((part) => [part, part.node.matrixWorld.clone()]));
    this.source.at(stage, place);
  }

  /** How many teeth are outlined. */
  get count(): number {
    return this.teeth.filter(({ meshes }) => meshes.some(({ mesh }) => mesh.visible)).length;
  }

  private counterpart(model: Model, part: ModelPart): ModelPart | undefined {
    if (model === this.source) return part;
    return part.plan.fdi === null ? undefined : model.tooth(part.plan.fdi);
  }

  /** The farthest that a corner of the tooth's box lies apart under both motions, mm. */
  private apart(model: Model, here: ModelPart, start: Matrix4, there: Matrix4): number {
    const box = model.boxes.get(here.plan.key);
    const now = this.now.get(here);
    if (!box || !now) return Number.POSITIVE_INFINITY;
    const motion = now.clone().multiply(start.clone().invert());
    let farthest = 0;
    for (let corner = 0; corner < 8; corner++) {
      const at = new Vector3(
        corner & 1 ? box.max.x : box.min.x,
        corner & 2 ? box.max.y : box.min.y,
        corner & 4 ? box.max.z : box.min.z,
      );
      farthest = Math.max(farthest, at.clone().applyMatrix4(motion).distanceTo(at.applyMatrix4(there)));
    }
    return farthest;
  }

  /** The geometries are the source's and stay with it. */
  dispose(): void {
    for (const material of this.materials) material.dispose();
  }
}
