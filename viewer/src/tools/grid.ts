/**
 * The millimetre grid: CSS lines behind the models, in the plane of the picture, through the target of the view. True only
 * without perspective, so the lens is orthographic while it is on.
 */
import { Vector3 } from "three";
import type { Stage } from "../scene/stage.ts";

/** Lines nearer than this (px) would be a grey veil. */
const CLOSEST_LINES = 7;

/** The step in mm between fine lines at a scale: 1, else 5, else 10. */
export function fineStep(pxPerMm: number): number {
  return [1, 5, 10].find((step) => step * pxPerMm >= CLOSEST_LINES) ?? 50;
}

export class Grid {
  private readonly lines = document.createElement("div");
  private readonly rule = document.createElement("span");

  constructor(
    private readonly stage: Stage,
    below: HTMLElement,
  ) {
    this.lines.className = "mv-grid";
    this.rule.className = "mv-rule num";
    this.rule.textContent = "10\u2009mm";
    below.prepend(this.lines);
    this.lines.append(this.rule);
    this.lines.ariaHidden = "true";
    this.lines.hidden = true;
  }

  set on(on: boolean) {
    this.lines.hidden = !on;
    this.place();
  }

  /** After a frame: follow the scale and the place of the world's origin, so lines stay on whole millimetres. */
  place(): void {
    if (this.lines.hidden) return;
    const scale = this.stage.lens.pxPerMm;
    const origin = this.stage.toScreen(new Vector3());
    const { style } = this.lines;
    style.setProperty("--mv-fine", `${(fineStep(scale) * scale).toFixed(3)}px`);
    style.setProperty("--mv-ten", `${(10 * scale).toFixed(3)}px`);
    style.setProperty("--mv-x", `${origin.x.toFixed(1)}px`);
    style.setProperty("--mv-y", `${origin.y.toFixed(1)}px`);
  }

  dispose(): void {
    this.lines.remove();
  }
}
