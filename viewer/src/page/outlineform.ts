/** What is superimposed: this version at a stage, or another version at the same or another stage. Two selects and the words on the button. */
import type { Outlined } from "../format/overlay.ts";
import type { Plan } from "../format/plan.ts";
import type { Words } from "../format/strings.ts";
import { lastStage } from "../format/timeline.ts";
import type { State, Store } from "./state.ts";

export class OutlineForm {
  private readonly listener = ({ target }: Event) => {
    if (target instanceof HTMLSelectElement && target.matches("[data-outline-version], [data-outline-stage]"))
      this.chosen();
  };

  constructor(
    private readonly plan: Plan,
    private readonly words: Words,
    private readonly store: Store,
  ) {
    document.addEventListener("change", this.listener);
    store.listen((_state, changed) => {
      if (changed.has("outlined")) this.refresh();
    });
  }

  private get version(): HTMLSelectElement | null {
    return document.querySelector("[data-outline-version]");
  }

  private get stage(): HTMLSelectElement | null {
    return document.querySelector("[data-outline-stage]");
  }

  /** Choosing shows at once what was chosen. The same stage of the same version would show nothing, so it becomes the start. */
  private chosen(): void {
    const { state } = this.store;
    const version = this.version?.value ? Number(this.version.value) : null;
    const wanted = this.stage?.value ?? "0";
    let stage: Outlined["stage"] = wanted === "same" ? "same" : Number(wanted);
    if (version !== state.outlined.version) stage = version === null ? 0 : "same";
    if (version === null && stage === "same") stage = 0;
    this.store.change({ outlined: { version, stage }, tools: { ...state.tools, superimpose: true } });
  }

  refresh(): void {
    const { outlined } = this.store.state;
    if (this.version) this.version.value = outlined.version === null ? "" : String(outlined.version);
    if (this.stage) {
      for (const option of this.stage.options) {
        if (option.value === "same") option.disabled = outlined.version === null;
      }
      this.stage.value = String(outlined.stage);
    }
    for (const place of document.querySelectorAll("[data-outline-words]"))
      place.textContent = this.inWords(this.store.state);
  }

  private inWords({ outlined: { version, stage } }: Pick<State, "outlined">): string {
    if (version === null) {
      if (stage === 0 || stage === "same") return this.words.say("outline_start");
      if (stage === lastStage(this.plan)) return this.words.say("outline_end");
      return this.words.say("outline_stage", { n: stage });
    }
    if (stage === "same") return this.words.say("outline_version", { version });
    if (stage === 0) return this.words.say("outline_version_start", { version });
    return this.words.say("outline_version_stage", { version, n: stage });
  }

  dispose(): void {
    document.removeEventListener("change", this.listener);
  }
}
