/** The play bar: slider with its marks, the play button, and every place that names the stage. */
import type { Plan } from "../format/plan.ts";
import type { Words } from "../format/strings.ts";
import { nextIprStage, stageInWords, type Tick, ticks } from "../format/timeline.ts";
import type { Player } from "./player.ts";
import { type State, type Store, wholeStage } from "./state.ts";

const PAGE = 5;

function piece(className: string): HTMLElement {
  const element = document.createElement("i");
  element.className = className;
  return element;
}

function tickElement(tick: Tick): HTMLElement {
  const element = piece("mv-tick");
  element.dataset.kind = tick.kind;
  element.dataset.stage = String(tick.stage);
  element.style.left = `${tick.at}%`;
  if (tick.title) element.title = tick.title;
  return element;
}

export class PlayBar {
  private readonly reached = piece("mv-reached");
  private readonly thumb = piece("mv-thumb");
  private slider: HTMLElement | null = null;
  private dragging = false;

  constructor(
    private readonly plan: Plan,
    private readonly words: Words,
    private readonly store: Store,
    private readonly player: Player,
  ) {
    store.listen((state, changed) => {
      if (changed.has("numbering")) this.drawTicks(state);
      if (changed.has("stage") || changed.has("playing") || changed.has("numbering")) this.update(state);
    });
  }

  /** Find the slider (again) and write everything. */
  refresh(): void {
    const slider = document.querySelector<HTMLElement>("[data-stage-slider]");
    if (slider && slider !== this.slider) this.prepare(slider);
    this.drawTicks(this.store.state);
    this.update(this.store.state);
  }

  private prepare(slider: HTMLElement): void {
    this.slider = slider;
    slider.classList.add("mv-slider");
    slider.role = "slider";
    slider.tabIndex = 0;
    slider.ariaLabel ??= this.words.say("stage");
    slider.ariaValueMin = "0";
    slider.ariaValueMax = String(this.player.last);
    slider.addEventListener("keydown", (event) => this.key(event));
    slider.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      slider.setPointerCapture(event.pointerId);
      this.dragging = true;
      this.player.drag(this.stageAt(event.clientX));
    });
    slider.addEventListener("pointermove", (event) => {
      if (this.dragging) this.player.drag(this.stageAt(event.clientX));
    });
    for (const end of ["pointerup", "pointercancel"] as const) {
      slider.addEventListener(end, () => {
        if (this.dragging) this.player.go(this.store.state.stage);
        this.dragging = false;
      });
    }
  }

  private stageAt(clientX: number): number {
    const { left, width } = this.slider?.getBoundingClientRect() ?? { left: 0, width: 1 };
    return ((clientX - left) / Math.max(1, width)) * this.player.last;
  }

  private key(event: KeyboardEvent): void {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const by = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1, PageUp: PAGE, PageDown: -PAGE }[
      event.key
    ];
    if (by !== undefined) this.player.step(by);
    else if (event.key === "Home") this.player.go(0);
    else if (event.key === "End") this.player.go(this.player.last);
    else return;
    event.preventDefault();
  }

  private drawTicks(state: State): void {
    const marks = ticks(this.plan, state.numbering, this.words).map(tickElement);
    this.slider?.replaceChildren(piece("mv-track"), ...marks, this.reached, this.thumb);
  }

  private update(state: State): void {
    const stage = wholeStage(state);
    const share = this.player.last === 0 ? 0 : (state.stage / this.player.last) * 100;
    this.reached.style.width = `${share}%`;
    this.thumb.style.left = `${share}%`;
    if (this.slider) {
      this.slider.ariaValueNow = String(stage);
      this.slider.ariaValueText = stageInWords(this.plan, stage, state.numbering, this.words);
      const next = String(nextIprStage(this.plan.ipr, stage));
      for (const tick of this.slider.querySelectorAll<HTMLElement>("[data-kind=ipr]")) {
        tick.toggleAttribute("data-next", tick.dataset.stage === next);
      }
    }
    for (const label of document.querySelectorAll("[data-stage-label]")) label.textContent = String(stage);
    for (const label of document.querySelectorAll("[data-stage-words]")) {
      label.textContent = this.words.say("stage_n", { n: stage });
    }
    for (const bar of document.querySelectorAll("[data-playbar]"))
      bar.toggleAttribute("data-playing", state.playing);
    for (const button of document.querySelectorAll<HTMLElement>("[data-play]")) {
      button.ariaLabel = this.words.say(state.playing ? "pause" : "play");
      button.querySelector("[data-icon=play]")?.toggleAttribute("hidden", state.playing);
      button.querySelector("[data-icon=pause]")?.toggleAttribute("hidden", !state.playing);
    }
  }
}
