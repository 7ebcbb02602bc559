/**
 * Lines of a change request: unit, second tooth and the sense of the stage follow the movement of a `[data-change-line]`.
 * `[data-request-here]` opens the drawer `#changes` with a line for its tooth, stage and pin; without them for the tooth that is
 * selected and the stage that is shown. Where the page has no drawer these buttons are not shown.
 */
import { openDialog } from "./dialog.ts";

function field<T extends HTMLElement>(row: ParentNode, name: string): T | null {
  return row.querySelector<T>(`[name=item_${name}]`);
}

/** Shows or hides a part of a line; what is hidden asks for nothing. */
function show(row: HTMLElement, part: string, visible: boolean): void {
  const element = row.querySelector<HTMLElement>(`[data-for=${part}]`);
  if (!element) return;
  element.hidden = !visible;
  if (visible) return;
  for (const input of element.querySelectorAll<HTMLInputElement | HTMLSelectElement>("input, select"))
    input.value = "";
}

/** A contact lies between neighbours: the second tooth offers those beside the first, in its arch. */
function neighbours(row: HTMLElement): void {
  const first = field<HTMLSelectElement>(row, "tooth")?.selectedOptions[0];
  const second = field<HTMLSelectElement>(row, "tooth_b");
  if (!second) return;
  const near = new Set(
    [first?.previousElementSibling, first?.nextElementSibling].map(
      (one) => (one as HTMLOptionElement)?.value,
    ),
  );
  const known = first?.value && first.parentElement instanceof HTMLOptGroupElement;
  for (const option of second.options) {
    const fits = !option.value || !known || near.has(option.value);
    option.hidden = option.disabled = !fits;
    if (!fits && option.selected) second.value = "";
  }
}

function follow(row: HTMLElement): void {
  const chosen = field<HTMLSelectElement>(row, "movement")?.selectedOptions[0];
  const unit = chosen?.dataset.unit ?? "";
  show(row, "ipr", chosen?.value === "ipr");
  show(row, "amount", unit !== "");
  const words = row.querySelector<HTMLElement>("[data-unit-words]");
  if (words) words.textContent = unit;
  const label = row.querySelector<HTMLElement>("[data-line-stage]");
  if (label) label.textContent = label.dataset[chosen?.value ?? ""] ?? label.dataset.else ?? "";
  neighbours(row);
}

function followAll(): void {
  for (const row of document.querySelectorAll<HTMLElement>("[data-change-line]")) follow(row);
  const drawer = document.getElementById("changes");
  for (const button of document.querySelectorAll<HTMLElement>("[data-request-here]")) button.hidden = !drawer;
}

function isEmpty(row: HTMLElement): boolean {
  return ["tooth", "amount", "words", "pin"].every(
    (name) => !field<HTMLInputElement>(row, name)?.value.trim(),
  );
}

function emptyRow(drawer: HTMLElement): HTMLElement | null {
  const rows = [...drawer.querySelectorAll<HTMLElement>("[data-rows-list] [data-change-line]")];
  const free = rows.find(isEmpty);
  if (free) return free;
  const template = drawer.querySelector<HTMLTemplateElement>("template[data-rows-template]");
  const row = template?.content.firstElementChild?.cloneNode(true) as HTMLElement | undefined;
  if (row) drawer.querySelector("[data-rows-list]")?.append(row);
  return row ?? null;
}

function put(row: HTMLElement, name: string, value: string | undefined): void {
  const input = field<HTMLInputElement | HTMLSelectElement>(row, name);
  if (input && value) input.value = value;
}

function here(button: HTMLElement): void {
  const drawer = document.getElementById("changes");
  if (!(drawer instanceof HTMLDialogElement)) return;
  const row = emptyRow(drawer);
  if (!row) return;
  const tooth =
    button.dataset.atTooth ??
    document.querySelector<HTMLElement>(".ml-tooth[aria-pressed=true]")?.dataset.tooth;
  const slider = document.querySelector<HTMLElement>("[role=slider]");
  put(row, "tooth", tooth);
  const stage = button.dataset.atStage ?? slider?.getAttribute("aria-valuenow") ?? undefined;
  if (stage !== "0") put(row, "stage", stage);
  put(row, "pin", button.dataset.atPin);
  const pin = row.querySelector<HTMLElement>("[data-for=pin]");
  if (pin) pin.hidden = !button.dataset.atPin;
  follow(row);
  openDialog(drawer, button);
  field<HTMLElement>(row, "movement")?.focus();
  row.scrollIntoView({ block: "nearest" });
}

// --- proposals that arrive while the drawer is open -----------------------------------------------------------------

let ticks: Map<string, boolean> | null = null;

function proposals(): HTMLInputElement[] {
  return [...document.querySelectorAll<HTMLInputElement>("#changes-proposed [name=ticked]")];
}

function keepTicks(): void {
  ticks = new Map(proposals().map((box) => [box.value, box.checked]));
}

/** Ticks stay as they were set; what came while the drawer is open goes along only when its reader ticks it. */
function restoreTicks(): void {
  if (!ticks) return;
  const open = document.querySelector<HTMLDialogElement>("#changes")?.open ?? false;
  for (const box of proposals()) box.checked = ticks.get(box.value) ?? (!open && box.checked);
  ticks = null;
}

export function startChanges(): void {
  followAll();
  document.addEventListener("htmx:before:swap", keepTicks);
  document.addEventListener("htmx:after:swap", restoreTicks);
  document.addEventListener("htmx:after:swap", followAll);
  document.addEventListener("change", (event) => {
    const row = (event.target as Element).closest?.<HTMLElement>("[data-change-line]");
    if (row) follow(row);
  });
  document.addEventListener("click", (event) => {
    const target = event.target as Element;
    const button = target.closest<HTMLElement>("[data-request-here]");
    if (button) here(button);
    const clear = target
      .closest<HTMLElement>("[data-request-pin-clear]")
      ?.closest<HTMLElement>("[data-change-line]");
    if (clear) {
      show(clear, "pin", false);
      field<HTMLElement>(clear, "movement")?.focus();
    }
    if (target.closest("[data-rows-add]")) queueMicrotask(followAll);
  });
}
