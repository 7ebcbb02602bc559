/** The tables beside the picture: tooth chart, movement of the selected tooth, IPR and attachments at the stage. */
import {
  bar,
  barScale,
  directionWord,
  formatAmount,
  formatSigned,
  MOVEMENTS,
  type Movement,
  movementAt,
  movementOfStage,
  plannedMovement,
  type Scale,
  stepScale,
} from "../format/movement.ts";
import { toothName, toothNumber } from "../format/numbering.ts";
import type { Plan } from "../format/plan.ts";
import type { Words } from "../format/strings.ts";
import {
  attachmentState,
  type IprState,
  iprState,
  lastStage,
  nextExtraction,
  nextIprStage,
} from "../format/timeline.ts";
import { type State, type Store, wholeStage } from "./state.ts";

function all(selector: string, within: ParentNode = document): HTMLElement[] {
  return [...within.querySelectorAll<HTMLElement>(selector)];
}

function write(selector: string, text: string, within: ParentNode = document): void {
  for (const element of all(selector, within)) if (element.textContent !== text) element.textContent = text;
}

const IPR_WORDS: Partial<Record<IprState, "ipr_before_next" | "ipr_before_due">> = {
  next: "ipr_before_next",
  due: "ipr_before_due",
};

/** Show what belongs to a state inside an entry and hide the rest. */
function setState(row: HTMLElement, state: string): void {
  row.dataset.state = state;
  for (const part of all("[data-when]", row))
    part.toggleAttribute("hidden", !part.dataset.when?.split(" ").includes(state));
}

export class Panel {
  private readonly scale;
  private readonly steps;
  private written = "";

  constructor(
    private readonly plan: Plan,
    private readonly words: Words,
    private readonly store: Store,
  ) {
    this.scale = barScale(plan.movements.values());
    this.steps = stepScale(plan.movements.values());
    store.listen((state) => {
      const now = `${wholeStage(state)} ${state.selected} ${state.numbering} ${state.movement}`;
      if (now !== this.written) this.refresh();
    });
  }

  /** Write the present state into everything found in the page. */
  refresh(): void {
    const { state } = this.store;
    const stage = wholeStage(state);
    this.written = `${stage} ${state.selected} ${state.numbering} ${state.movement}`;
    this.numbers(state);
    this.selection(state);
    this.movement(state, stage);
    this.allMovements(state, stage);
    this.ipr(stage);
    this.extractions(stage);
    this.attachments(stage);
  }

  private numbers(state: State): void {
    for (const button of all("[data-tooth]")) {
      const fdi = Number(button.dataset.tooth);
      const number = toothNumber(fdi, state.numbering);
      if (button.textContent !== number) button.textContent = number;
      const { note } = button.dataset;
      button.ariaLabel = [number, toothName(fdi, this.words), note].filter(Boolean).join(", ");
      button.ariaPressed = String(fdi === state.selected);
    }
    for (const label of all("[data-tooth-label]")) {
      label.textContent = toothNumber(Number(label.dataset.toothLabel), state.numbering);
    }
    for (const choice of all("[data-numbering]")) {
      if (choice instanceof HTMLSelectElement) choice.value = state.numbering;
      else choice.ariaPressed = String(choice.dataset.numbering === state.numbering);
    }
  }

  private selection({ selected, numbering }: State): void {
    for (const box of all("[data-selected-tooth]")) {
      box.toggleAttribute("hidden", selected === null);
      if (selected === null) continue;
      write("[data-selected-number]", toothNumber(selected, numbering), box);
      write("[data-selected-name]", toothName(selected, this.words), box);
    }
  }

  private movement({ selected, numbering, movement: mode }: State, stage: number): void {
    const still = this.plan.parts.some((part) => part.fdi === selected && !part.moves);
    const rows = (selected !== null && !still && this.plan.movements.get(selected)) || [];
    const tooth = selected === null ? "" : toothNumber(selected, numbering);
    for (const note of all("[data-movement-none]")) {
      note.toggleAttribute("hidden", rows.length > 0 || selected === null);
      note.textContent = this.words.say("movement_none", { tooth });
    }
    for (const button of all("[data-movement-mode]"))
      button.ariaPressed = String(button.dataset.movementMode === mode);
    const whole = movementAt(rows, stage);
    // In total: where the tooth is, and where it ends. By stage: the step, and where that has brought it.
    const [first, second] =
      mode === "stage" ? [movementOfStage(rows, stage), whole] : [whole, plannedMovement(rows)];
    write("[data-movement-last]", this.words.say(mode === "stage" ? "movement_so_far" : "movement_planned"));
    const caption =
      mode === "stage"
        ? this.words.say("movement_caption_step", { tooth, n: stage, before: Math.max(0, stage - 1) })
        : this.words.say("movement_caption", { tooth, n: stage, total: lastStage(this.plan) });
    for (const table of all("[data-movement-table]")) {
      table.toggleAttribute("hidden", rows.length === 0);
      write("caption", caption, table);
      MOVEMENTS.forEach((movement, i) => {
        for (const row of all(`[data-movement=${movement}]`, table)) {
          const values = { first: first[i] ?? 0, second: second[i] ?? 0 };
          this.movementRow(row, movement, values, mode === "stage" ? "step" : "total");
        }
      });
    }
  }

  private movementRow(
    row: HTMLElement,
    movement: Movement,
    { first, second }: { first: number; second: number },
    kind: "total" | "step",
  ): void {
    const { words } = this;
    const scale: Scale = kind === "step" ? this.steps : this.scale;
    const planned = kind === "step" ? first : second;
    write(
      "[data-direction]",
      directionWord(movement, planned, words) || directionWord(movement, first, words),
      row,
    );
    write("[data-now]", formatAmount(movement, first, words, kind === "step" ? 2 : 1), row);
    write("[data-planned]", formatAmount(movement, second, words), row);
    for (const holder of all("[data-bar]", row)) {
      // Pale first: the theme paints the first bar as planned, the one over it as reached. A step has no plan behind it.
      const bars = [kind === "step" ? 0 : planned, first].map((value) => {
        const { side, width } = bar(movement, value, scale);
        const element = document.createElement("i");
        element.style.setProperty(side === "right" ? "left" : "right", "50%");
        element.style.width = `${width}%`;
        return element;
      });
      holder.replaceChildren(...bars);
    }
  }

  /** The table of every tooth: the whole plan, or the step of the stage. */
  private allMovements({ movement: mode }: State, stage: number): void {
    const before = Math.max(0, stage - 1);
    const words =
      mode === "stage" ? this.words.say("all_step", { before, n: stage }) : this.words.say("all_planned");
    write("[data-all-words]", words);
    for (const row of all("tr[data-all-movements]")) {
      const rows = this.plan.movements.get(Number(row.dataset.allMovements)) ?? [];
      const values = mode === "stage" ? movementOfStage(rows, stage) : plannedMovement(rows);
      all("td", row).forEach((cell, i) => {
        const movement = MOVEMENTS[i];
        if (movement) cell.textContent = formatSigned(movement, values[i] ?? 0, this.words);
      });
    }
  }

  private ipr(stage: number): void {
    const next = nextIprStage(this.plan.ipr, stage);
    for (const row of all("[data-ipr-row]")) {
      const before = Number(row.dataset.before);
      const state = iprState(before, stage, next);
      setState(row, state);
      write("[data-ipr-text]", this.words.say(IPR_WORDS[state] ?? "ipr_before", { n: before }), row);
    }
  }

  private extractions(stage: number): void {
    const next = nextExtraction(this.plan.extractions, stage);
    for (const row of all("[data-extraction-row]")) {
      const before = Number(row.dataset.before);
      setState(row, iprState(before, stage, next));
    }
  }

  private attachments(stage: number): void {
    for (const row of all("[data-attachment-row]")) {
      const { added = "0", removed = "" } = row.dataset;
      setState(
        row,
        attachmentState({ added: Number(added), removed: removed === "" ? null : Number(removed) }, stage),
      );
    }
    const count = this.plan.attachments.filter((item) => attachmentState(item, stage) === "on").length;
    write("[data-attachment-count]", this.words.say("attachments_on", { count, n: stage }));
  }
}
