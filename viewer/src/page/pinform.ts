/** Carries a chosen place into the page's comment form, and its chip. */
import { toothNumber } from "../format/numbering.ts";
import { type Place, pinFields } from "../format/pins.ts";
import type { Words } from "../format/strings.ts";
import type { State, Store } from "./state.ts";

const EMPTY = { part: "", point: "", normal: "", stage: "", view: "", camera: "", tooth: "" };

export class PinForm {
  constructor(
    private readonly words: Words,
    private readonly store: Store,
  ) {
    store.listen((state, changed) => {
      if (changed.has("draft") || changed.has("numbering")) this.fill(state);
      if (changed.has("draft") && state.draft) this.focus();
    });
  }

  refresh(): void {
    // A form that comes back from the server with an error holds its own fields.
    if (this.store.state.draft) this.fill(this.store.state);
  }

  private fill(state: State): void {
    for (const form of document.querySelectorAll("[data-pin-form]")) {
      const fields = state.draft ? pinFields(state.draft) : EMPTY;
      for (const [name, value] of Object.entries(fields)) {
        const input = form.querySelector(`input[name=${name}]`);
        if (input instanceof HTMLInputElement) input.value = value;
      }
      for (const chip of form.querySelectorAll("[data-pin-chip]"))
        chip.toggleAttribute("hidden", !state.draft);
      for (const words of form.querySelectorAll("[data-pin-words]")) {
        words.textContent = state.draft ? this.inWords(state.draft, state) : "";
      }
    }
  }

  private inWords({ fdi, stage }: Place, { numbering }: State): string {
    if (fdi === null) return this.words.say("pin_words_no_tooth", { n: stage });
    return this.words.say("pin_words", { tooth: toothNumber(fdi, numbering), n: stage });
  }

  private focus(): void {
    document.querySelector<HTMLElement>("[data-pin-form] textarea")?.focus();
  }
}
