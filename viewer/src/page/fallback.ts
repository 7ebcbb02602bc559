/**
 * What stands in the place of the models where they cannot be drawn: rendered pictures of the start and the planned end, turned by the same
 * buttons and the same play bar. It also shows and hides what needs the models, and what only needs the plan.
 */
import type { Plan } from "../format/plan.ts";
import type { Words } from "../format/strings.ts";
import { lastStage } from "../format/timeline.ts";
import { type State, type Store, wholeStage } from "./state.ts";

function all(selector: string, within: ParentNode = document): HTMLElement[] {
  return [...within.querySelectorAll<HTMLElement>(selector)];
}

export class Fallback {
  private on = false;

  constructor(
    private readonly root: HTMLElement,
    private readonly plan: Plan,
    private readonly words: Words,
    store: Store,
  ) {
    store.listen((state, changed) => {
      if (this.on && (changed.has("stage") || changed.has("view"))) this.turn(state);
    });
  }

  /** The plan can be read: tables and play bar work whether or not the models can be drawn. */
  planned(): void {
    for (const part of all("[data-viewer-plan]")) part.hidden = false;
  }

  /** Pictures in place of the models, or the models in place of pictures. */
  show(on: boolean, state: State): void {
    this.on = on;
    for (const picture of all("[data-viewer-fallback]", this.root)) picture.hidden = !on;
    for (const control of all("[data-viewer-only]"))
      control.hidden = on && !(control.dataset.viewerOnly === "pictures" && this.plan.pictures.size > 1);
    for (const button of all("[data-view]"))
      button.hidden = on && !this.plan.pictures.has(button.dataset.view as never);
    if (on) this.turn(state);
    else for (const caption of all("[data-picture-words]", this.root)) caption.textContent = "";
  }

  /** The nearest of two pictures: the start until the plan is half done would be a guess, so only the start itself shows the start. */
  private turn(state: State): void {
    const pictures = this.plan.pictures.get(state.view ?? "front") ?? this.plan.pictures.get("front");
    const atStart = wholeStage(state) === 0;
    const address = atStart ? (pictures?.start ?? pictures?.end) : pictures?.end;
    for (const picture of all("img[data-viewer-fallback]", this.root)) {
      if (address && picture.getAttribute("src") !== address) picture.setAttribute("src", address);
      const what =
        atStart && pictures?.start
          ? this.words.say("picture_start")
          : this.words.say("picture_end", { n: lastStage(this.plan) });
      picture.setAttribute("alt", what);
      for (const caption of all("[data-picture-words]", this.root)) caption.textContent = what;
    }
  }
}
