/** The contact map in words: its legend over the picture, and a table of every tooth that touches or nearly does. */
import { BANDS } from "../contacts/bands.ts";
import type { ToothContacts } from "../contacts/field.ts";
import { TOUCH_MM } from "../contacts/limits.ts";
import { chartOrder, toothName, toothNumber } from "../format/numbering.ts";
import type { Plan } from "../format/plan.ts";
import type { WordKey, Words } from "../format/strings.ts";
import { type State, type Store, wholeStage } from "./state.ts";

interface Told {
  readonly stage: number;
  readonly contacts: readonly ToothContacts[];
}

function cell(text: string, className: string): HTMLTableCellElement {
  const element = document.createElement("td");
  element.className = className;
  element.textContent = text;
  return element;
}

export class ContactTable {
  private told: Told | null = null;

  constructor(
    private readonly plan: Plan,
    private readonly words: Words,
    private readonly store: Store,
  ) {
    store.listen((state, changed) => {
      if (
        changed.has("tools") ||
        changed.has("stage") ||
        changed.has("numbering") ||
        changed.has("comparison")
      )
        this.write(state);
    });
  }

  /** The answer for a stage. */
  tell(stage: number, contacts: readonly ToothContacts[]): void {
    this.told = { stage, contacts };
    this.write(this.store.state);
  }

  refresh(): void {
    this.write(this.store.state);
  }

  private write(state: State): void {
    const on = state.tools.contacts && !state.comparison;
    for (const part of document.querySelectorAll<HTMLElement>("[data-contacts]")) part.hidden = !on;
    if (!on) return;
    const told = this.told?.stage === wholeStage(state) ? this.told : null;
    const title = this.words.say(told ? "contacts_at" : "contacts_working", { n: wholeStage(state) });
    for (const place of document.querySelectorAll("[data-contacts-title]"))
      if (place.textContent !== title) place.textContent = title;
    this.legend();
    for (const body of document.querySelectorAll("[data-contacts-rows]"))
      body.replaceChildren(...(told ? this.rows(told, state) : []));
  }

  private legend(): void {
    for (const list of document.querySelectorAll("[data-contacts-legend]")) {
      if (list.childElementCount > 0) continue;
      const far = { name: "far", upTo: 0, colour: [249, 242, 229] } as const;
      for (const [i, band] of [...BANDS, far].entries()) {
        const entry = document.createElement("li");
        entry.className = "flex items-center gap-2.5";
        const swatch = document.createElement("i");
        swatch.className = "mv-swatch";
        swatch.style.backgroundColor = `rgb(${band.colour.join(" ")})`;
        const text = document.createElement("span");
        text.className = "num";
        text.textContent = this.words.say(`contact_${band.name}` as WordKey, {
          from: this.words.number(BANDS[i - 1]?.upTo ?? TOUCH_MM, 2),
          to: this.words.number(band.upTo, 2),
        });
        entry.append(swatch, text);
        list.append(entry);
      }
    }
  }

  private rows({ contacts }: Told, { numbering }: State): HTMLTableRowElement[] {
    const known = new Map(this.plan.parts.map((part) => [part.key, part.fdi]));
    const rows = contacts.flatMap((tooth) => {
      const fdi = known.get(tooth.key) ?? null;
      return fdi !== null && tooth.nearest !== null ? [{ fdi, tooth, nearest: tooth.nearest }] : [];
    });
    return rows
      .sort((a, b) => chartOrder(a.fdi) - chartOrder(b.fdi))
      .map(({ fdi, tooth, nearest }) => {
        const row = document.createElement("tr");
        const head = document.createElement("th");
        head.scope = "row";
        head.className = "num";
        head.textContent = toothNumber(fdi, numbering);
        head.title = toothName(fdi, this.words);
        const sign = nearest < 0 ? "−" : "";
        const amount = `${sign}${this.words.number(Math.abs(nearest), 2)}\u202f${this.words.say("mm")}`;
        row.append(head, cell(String(tooth.places), "num text-right"), cell(amount, "num text-right"));
        return row;
      });
  }
}
