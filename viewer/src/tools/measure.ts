/** The distance between two points of the models, in a straight line, in mm. The points stay on their parts at every stage. */
import type { Vector3 } from "three";
import type { Words } from "../format/strings.ts";
import type { Hit, Model, ModelPart } from "../scene/model.ts";
import type { Stage } from "../scene/stage.ts";

const SVG = "http://www.w3.org/2000/svg";

interface Mark {
  readonly key: string;
  readonly local: Vector3;
  readonly dot: SVGCircleElement;
}

export class Ruler {
  private marks: Mark[] = [];
  private readonly drawing = document.createElementNS(SVG, "svg");
  private readonly line = document.createElementNS(SVG, "line");
  private readonly value = document.createElement("span");

  constructor(
    private readonly stage: Stage,
    layer: HTMLElement,
    private readonly words: Words,
  ) {
    this.drawing.setAttribute("class", "mv-ruler");
    this.drawing.setAttribute("aria-hidden", "true");
    this.drawing.append(this.line);
    this.value.className = "ml-tn mv-at mv-distance num";
    layer.append(this.drawing, this.value);
    this.clear();
  }

  /** Mark a point; a third one begins anew. */
  mark({ part, point }: Hit): void {
    if (this.marks.length === 2) this.clear();
    const dot = document.createElementNS(SVG, "circle");
    dot.setAttribute("r", "4");
    this.drawing.append(dot);
    this.marks.push({ key: part.plan.key, local: part.node.worldToLocal(point.clone()), dot });
    this.place();
  }

  clear(): void {
    for (const { dot } of this.marks) dot.remove();
    this.marks = [];
    this.place();
  }

  /** After a frame: follow the picture. */
  place(): void {
    const model = this.stage.model;
    const points = model ? this.marks.flatMap((mark) => this.worldOf(mark, model) ?? []) : [];
    const [a, b] = points;
    this.drawing.toggleAttribute("hidden", points.length === 0);
    this.line.toggleAttribute("hidden", !b);
    this.value.hidden = !b;
    this.marks.forEach((mark, i) => {
      const world = points[i];
      if (!world) return;
      const { x, y } = this.stage.toScreen(world);
      mark.dot.setAttribute("cx", x.toFixed(1));
      mark.dot.setAttribute("cy", y.toFixed(1));
    });
    if (!a || !b) return;
    const [from, to] = [this.stage.toScreen(a), this.stage.toScreen(b)];
    const ends = { x1: from.x, y1: from.y, x2: to.x, y2: to.y };
    for (const [name, at] of Object.entries(ends)) this.line.setAttribute(name, at.toFixed(1));
    this.value.textContent = this.words.say("measure_value", {
      distance: this.words.number(a.distanceTo(b), 2),
    });
    const middle = { x: (from.x + to.x) / 2, y: (from.y + to.y) / 2 - 14 };
    this.value.style.transform = `translate(${middle.x.toFixed(1)}px, ${middle.y.toFixed(1)}px)`;
  }

  private worldOf(mark: Mark, model: Model): Vector3 | null {
    const part: ModelPart | undefined = model.parts.get(mark.key);
    return part?.node.visible ? part.node.localToWorld(mark.local.clone()) : null;
  }

  dispose(): void {
    this.drawing.remove();
    this.value.remove();
  }
}
