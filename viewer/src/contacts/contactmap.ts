/**
 * Asks the worker for the contacts of the models at a stage and paints the answer onto the teeth. One map a model: the fine models bring a new
 * one. Both arches bite whether or not both are shown; the answer is of the exported models, which nobody's bite has pressed together.
 */
import { BufferAttribute } from "three";
import { shownMeshes, skinOf } from "../scene/epochs.ts";
import type { Model, ModelPart } from "../scene/model.ts";
import type { Posed, ToothContacts, ToothShape } from "./field.ts";
import { FAR_MM } from "./limits.ts";
import type { Answer, Question } from "./worker.ts";

/** A tooth with the triangles of one epoch. */
interface Shaped {
  readonly key: string;
  readonly part: ModelPart;
  readonly meshes: ModelPart["meshes"];
}

/** The tooth as it is at the stage where its model stands, named by its part and by which of its meshes these are. */
function shaped(part: ModelPart): Shaped {
  const meshes = shownMeshes(part);
  const which = meshes.map((mesh) => part.meshes.indexOf(mesh)).join("+");
  return { key: `${part.plan.key}/${which}`, part, meshes };
}

/** All triangles of a tooth in the frame of its part's node. */
function shapeOf({ key, part, meshes }: Shaped): ToothShape {
  const index: number[] = [];
  let start = 0;
  for (const mesh of meshes) {
    const vertices = mesh.geometry.getAttribute("position");
    const order = mesh.geometry.index;
    if (order) for (let i = 0; i < order.count; i++) index.push(start + order.getX(i));
    else for (let i = 0; i < vertices.count; i++) index.push(start + i);
    start += vertices.count;
  }
  return {
    key,
    arch: part.plan.arch,
    position: skinOf(part, meshes).points,
    index: new Uint32Array(index),
  };
}

export class ContactMap {
  private readonly worker: Worker;
  private readonly stages = new Map<number, number>();
  private readonly sent = new Map<string, Shaped>();
  private asked = 0;
  private wanted: number | null = null;
  /** The stage that the paint on the teeth is of, or null. */
  painted: number | null = null;

  constructor(
    readonly model: Model,
    private readonly answered: (stage: number, contacts: readonly ToothContacts[]) => void,
    failed: () => void,
  ) {
    this.worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
    this.worker.onmessage = ({ data }: MessageEvent<Answer>) => this.take(data);
    this.worker.onerror = failed;
  }

  private send(question: Question): void {
    this.worker.postMessage(question);
  }

  /** Ask for a stage, unless it is painted or asked for already. */
  want(stage: number): void {
    if (this.wanted === stage) return;
    this.wanted = stage;
    const poses = this.model.at(stage, () => {
      const teeth = this.model.teeth().filter((part) => this.model.isThere(part));
      const shapes = teeth.map(shaped);
      const fresh = shapes.filter(({ key }) => !this.sent.has(key));
      for (const shape of fresh) this.sent.set(shape.key, shape);
      if (fresh.length > 0) this.send({ kind: "teeth", shapes: fresh.map(shapeOf) });
      return shapes.map(({ key, part }): Posed => ({ key, matrix: part.node.matrixWorld.toArray() }));
    });
    this.stages.set(++this.asked, stage);
    this.send({ kind: "poses", ask: this.asked, poses });
  }

  private take({ ask, contacts }: Answer): void {
    const stage = this.stages.get(ask);
    this.stages.delete(ask);
    // Only the newest question is still of interest.
    if (stage === undefined || ask !== this.asked) return;
    for (const { key, distance } of contacts) this.paint(key, distance);
    this.painted = stage;
    const byPart = contacts.map((found) => ({
      ...found,
      key: this.sent.get(found.key)?.part.plan.key ?? "",
    }));
    this.answered(stage, byPart);
  }

  private paint(key: string, distance: Float32Array): void {
    let start = 0;
    for (const mesh of this.sent.get(key)?.meshes ?? []) {
      const { count } = mesh.geometry.getAttribute("position");
      const gap = distance.slice(start, start + count);
      start += count;
      mesh.geometry.setAttribute(
        "gap",
        new BufferAttribute(gap.length === count ? gap : new Float32Array(count).fill(FAR_MM), 1),
      );
    }
  }

  dispose(): void {
    this.worker.terminate();
  }
}
