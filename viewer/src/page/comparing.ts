/** The list of what changed drives the view: its tab brings the comparison, its rows the tooth, the stage and the side to look from. */
import { type Comparison, readComparison } from "../format/overlay.ts";
import type { Plan } from "../format/plan.ts";
import type { Words } from "../format/strings.ts";
import type { Player } from "./player.ts";
import { type Shown, type State, type Store, wholeStage } from "./state.ts";

const SHOWN: readonly Shown[] = ["this", "both", "other"];

/** The block of the list that is open, or null. */
function inPage(): Comparison | null {
  const pane = document.getElementById("pane-versions");
  const block = pane && !pane.hidden ? document.getElementById("setup-compare")?.textContent : null;
  return block ? readComparison(JSON.parse(block)) : null;
}

function same(a: Comparison | null, b: Comparison | null): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

export class Comparing {
  private readonly leaving = new AbortController();

  constructor(
    private readonly root: HTMLElement,
    private readonly plan: Plan,
    private readonly words: Words,
    private readonly store: Store,
    private readonly player: Player,
    private readonly reveal: (fdi: number) => void,
  ) {
    const { signal } = this.leaving;
    document.addEventListener("toggle", (event) => this.toggled(event), { capture: true, signal });
    document.addEventListener("click", (event) => this.click(event), { signal });
    store.listen((state, changed) => {
      if (changed.has("comparison") || changed.has("compared") || changed.has("onlyChanged"))
        this.write(state);
      else if (changed.has("stage")) this.legend(state);
      if (changed.has("selected")) this.follow(state);
    });
  }

  /** A tab was turned or a list swapped in. */
  refresh(): void {
    const comparison = inPage();
    if (!same(comparison, this.store.state.comparison)) this.store.change({ comparison });
    this.write(this.store.state);
  }

  private write(state: State): void {
    this.root.dataset.mode = state.comparison ? "compare" : "plan";
    for (const button of document.querySelectorAll<HTMLElement>("[data-compare-show]"))
      button.ariaPressed = String(button.dataset.compareShow === state.compared);
    for (const button of document.querySelectorAll<HTMLElement>("[data-compare-only]"))
      button.ariaPressed = String(state.onlyChanged);
    for (const label of document.querySelectorAll("[data-compare-other]"))
      label.textContent = state.comparison
        ? this.words.say("version_n", { version: state.comparison.with })
        : "";
    for (const entry of document.querySelectorAll("[data-legend-gone]"))
      entry.toggleAttribute("hidden", !state.comparison?.gone.length || state.compared === "other");
    this.legend(state);
  }

  private legend(state: State): void {
    const { comparison } = state;
    if (!comparison) return;
    const drawn = { this: state.compared !== "other", other: state.compared !== "this" };
    for (const row of document.querySelectorAll<HTMLElement>("[data-legend-row]")) {
      const which = row.dataset.legendRow === "this" ? "this" : "other";
      row.hidden = !drawn[which];
      const swatch = row.querySelector<HTMLElement>(".mv-swatch");
      if (swatch) swatch.dataset.kind = which === "other" && state.compared === "both" ? "outline" : "";
    }
    const n = wholeStage(state);
    const texts = {
      "[data-legend-this]": this.words.say("legend_stage", { version: this.plan.version, n }),
      "[data-legend-other]": this.words.say(state.compared === "other" ? "legend_stage" : "legend_outline", {
        version: comparison.with,
        n,
      }),
    };
    for (const [selector, text] of Object.entries(texts))
      for (const place of document.querySelectorAll(selector)) place.textContent = text;
  }

  /** Opening a row shows its tooth at a stage where the change is seen; the row that was open closes. */
  private toggled({ target }: Event): void {
    if (!(target instanceof HTMLDetailsElement) || target.dataset.change === undefined || !target.open)
      return;
    for (const other of document.querySelectorAll<HTMLDetailsElement>("details[data-change][open]"))
      if (other !== target) other.open = false;
    const { teeth = "", at = "0" } = target.dataset;
    const [fdi] = teeth.split(" ").filter(Boolean).map(Number);
    const { stage } = this.store.state;
    if (Number(at) > 0) this.player.go(Number(at));
    else if (wholeStage({ stage }) === 0) this.player.go(this.player.last);
    if (fdi === undefined) return;
    this.store.change({ selected: fdi });
    this.reveal(fdi);
  }

  /** A tooth chosen on the model opens its row. */
  private follow({ selected, comparison }: State): void {
    if (!comparison || selected === null) return;
    const rows = [...document.querySelectorAll<HTMLDetailsElement>("details[data-change]")];
    const own = rows.filter((row) => row.dataset.teeth?.split(" ").includes(String(selected)));
    if (own.length === 0 || own.some((row) => row.open)) return;
    const [row] = own;
    if (!row) return;
    row.open = true;
    row.scrollIntoView({ block: "nearest" });
  }

  private click({ target }: Event): void {
    const button = target instanceof Element ? target.closest<HTMLElement>("button") : null;
    if (!button) return;
    const shown = SHOWN.find((wanted) => wanted === button.dataset.compareShow);
    if (shown) this.store.change({ compared: shown });
    if ("compareOnly" in button.dataset) this.store.change({ onlyChanged: !this.store.state.onlyChanged });
  }

  dispose(): void {
    this.leaving.abort();
  }
}
