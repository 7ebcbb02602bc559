/**
 * Asks the worker for the contacts of the models at a stage and paints the answer onto the teeth. One map a model: the fine models bring a new
 * one. Both arches bite whether or not both are shown; the answer is of the exported models, which nobody's bite has pressed together.
 */
import { BufferAttribute, Vector3 } from "three";
import type { Model, ModelPart } from "../scene/model.ts";
import type { Posed, ToothContacts, ToothShape } from "./field.ts";
import { FAR_MM } from "./limits.ts";
import type { Answer, Question } from "./worker.ts";

/** All triangles of a part in the frame of its node. */
function shapeOf(part: ModelPart): ToothShape {
  const position: number[] = [];
  const index: number[] = [];
  const corner = new Vector3();
  for (const mesh of part.meshes) {
    const start = position.length / 3;
    const vertices = mesh.geometry.getAttribute("position");
    for (let i = 0; i < vertices.count; i++) {
      mesh.localToWorld(corner.fromBufferAttribute(vertices, i));
      position.push(...part.node.worldToLocal(corner).toArray());
    }
    const order = mesh.geometry.index;
    if (order) for (let i = 0; i < order.count; i++) index.push(start + order.getX(i));
    else for (let i = 0; i < vertices.count; i++) index.push(start + i);
  }
  return {
    key: part.plan.key,
    arch: part.plan.arch,
    position: new Float32Array(position),
    index: new Uint32Array(index),
  };
}

export class ContactMap {
  private readonly worker: Worker;
  private readonly stages = new Map<number, number>();
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
    this.send({ kind: "teeth", shapes: model.teeth().map(shapeOf) });
  }

  private send(question: Question): void {
    this.worker.postMessage(question);
  }

  /** Ask for a stage, unless it is painted or asked for already. */
  want(stage: number): void {
    if (this.wanted === stage) return;
    this.wanted = stage;
    const poses = this.model.at(stage, () =>
      this.model
        .teeth()
        .map((part): Posed => ({ key: part.plan.key, matrix: part.node.matrixWorld.toArray() })),
    );
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
    this.answered(stage, contacts);
  }

  private paint(key: string, distance: Float32Array): void {
    let start = 0;
    for (const mesh of this.model.parts.get(key)?.meshes ?? []) {
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
