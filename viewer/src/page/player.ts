/** Moves through the stages: single steps, jumps, and play at two stages a second. */
import { clampStage } from "../format/timeline.ts";
import type { Store } from "./state.ts";
import { wholeStage } from "./state.ts";

const STAGES_PER_SECOND = 2;

export class Player {
  private frame = 0;
  private timer = 0;
  private readonly calm = window.matchMedia("(prefers-reduced-motion: reduce)");

  constructor(
    private readonly store: Store,
    readonly last: number,
  ) {}

  /** With reduced motion nothing glides: stages step. */
  get steps(): boolean {
    return this.calm.matches;
  }

  go(stage: number): void {
    this.stop();
    this.store.change({ stage: clampStage(Math.round(stage), this.last) });
  }

  step(by: number): void {
    this.go(wholeStage(this.store.state) + by);
  }

  /** While a slider is dragged the teeth glide between stages; letting go lands on one. */
  drag(stage: number): void {
    this.stop();
    this.store.change({ stage: clampStage(this.steps ? Math.round(stage) : stage, this.last) });
  }

  toggle(): void {
    if (this.store.state.playing) {
      this.go(this.store.state.stage);
      return;
    }
    if (this.last === 0) return;
    const from = this.store.state.stage >= this.last ? 0 : this.store.state.stage;
    this.store.change({ playing: true, stage: from });
    if (this.steps) this.timer = window.setInterval(() => this.advance(1), 1000 / STAGES_PER_SECOND);
    else this.glide(performance.now());
  }

  private glide(before: number): void {
    this.frame = requestAnimationFrame((now) => {
      this.advance(((now - before) / 1000) * STAGES_PER_SECOND);
      if (this.store.state.playing) this.glide(now);
    });
  }

  private advance(by: number): void {
    const stage = Math.min(this.store.state.stage + Math.max(0, by), this.last);
    this.store.change({ stage });
    if (stage >= this.last) this.stop();
  }

  stop(): void {
    cancelAnimationFrame(this.frame);
    clearInterval(this.timer);
    this.store.change({ playing: false });
  }
}
