/** What is due at the stage and what comes next: a line over the play bar, and the page's voice when stage or tooth change. */
import { toothName, toothNumber } from "../format/numbering.ts";
import type { Plan } from "../format/plan.ts";
import type { Words } from "../format/strings.ts";
import { dueAt, dueInWords, dueNext, lastStage } from "../format/timeline.ts";
import { type State, type Store, wholeStage } from "./state.ts";

export class DueStrip {
  constructor(
    private readonly plan: Plan,
    private readonly words: Words,
    private readonly store: Store,
  ) {
    store.listen((_state, changed) => {
      if (["stage", "playing", "numbering", "selected"].some((key) => changed.has(key as keyof State)))
        this.refresh();
    });
  }

  refresh(): void {
    const { state } = this.store;
    const n = wholeStage(state);
    for (const strip of document.querySelectorAll<HTMLElement>("[data-due]")) {
      // While stages fly past, nobody wants each of them read out.
      strip.ariaLive = state.playing ? "off" : "polite";
      const due = dueAt(this.plan, n) !== null;
      strip.toggleAttribute("data-now", due);
      const texts = {
        "[data-due-stage]": this.words.say("stage_of", { n, total: lastStage(this.plan) }),
        "[data-due-tooth]": this.tooth(state),
        "[data-due-now]": this.now(state, n),
        "[data-due-next]": this.next(state, n),
      };
      for (const [selector, text] of Object.entries(texts))
        for (const place of strip.querySelectorAll(selector))
          if (place.textContent !== text) place.textContent = text;
    }
  }

  private tooth({ selected, numbering }: State): string {
    return selected === null
      ? ""
      : `${toothNumber(selected, numbering)}, ${toothName(selected, this.words)}. `;
  }

  private now({ numbering }: State, n: number): string {
    const due = dueAt(this.plan, n);
    return due
      ? this.words.say("due_now", { n, what: dueInWords(due, numbering, this.words) })
      : this.words.say("due_nothing", { n });
  }

  private next({ numbering }: State, n: number): string {
    const due = dueNext(this.plan, n);
    return due
      ? this.words.say("due_next", { n: due.stage, what: dueInWords(due, numbering, this.words) })
      : "";
  }
}
