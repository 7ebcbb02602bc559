/** The dashed line down the middle of the arches, in the views that look along it. */
import { Vector3 } from "three";
import type { ViewName } from "../format/plan.ts";
import type { Stage } from "../scene/stage.ts";

export class Midline {
  private readonly line = document.createElement("i");

  constructor(
    private readonly stage: Stage,
    box: HTMLElement,
  ) {
    this.line.className = "mv-midline";
    box.prepend(this.line);
  }

  place(view: ViewName | null): void {
    this.line.hidden = view === null || view === "right" || view === "left";
    if (this.line.hidden) return;
    const { x } = this.stage.toScreen(new Vector3(0, this.stage.lens.controls.target.y, 0));
    this.line.style.transform = `translateX(${x.toFixed(1)}px)`;
  }

  dispose(): void {
    this.line.remove();
  }
}
