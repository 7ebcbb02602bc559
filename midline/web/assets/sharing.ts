/**
 * Sharing. In the popover of a case's collaborators `form[data-sharing]`: [data-shared] says "2 now, 3 after SAVE", [data-sees-text] what a
 * ticked person will see; after SAVE it closes. In a list: [data-clear-selection] clears the boxes, [data-shared-only] counts the selected
 * rows that are shared ([data-shared]). [data-find-in="id"] hides what does not match among [data-find].
 */
import { select } from "./rows.ts";

function follow(form: HTMLFormElement): void {
  const boxes = [...form.querySelectorAll<HTMLInputElement>("input[type=checkbox]")];
  const said = form.querySelector<HTMLElement>("[data-shared]");
  const [now, then] = [boxes.filter((box) => box.defaultChecked), boxes.filter((box) => box.checked)];
  const changed = boxes.some((box) => box.checked !== box.defaultChecked);
  if (said) {
    said.dataset.now ??= said.textContent ?? "";
    said.textContent = changed
      ? (said.dataset.words ?? "").replace("%n", String(then.length))
      : said.dataset.now;
  }
  const added = then.filter((box) => !now.includes(box));
  const text = form.querySelector<HTMLElement>("[data-sees-text]");
  if (!text) return;
  const { several = "", none = "" } = text.dataset;
  text.textContent = added.length > 1 ? several : (added[0]?.dataset.sees ?? none);
}

function countShared(): void {
  for (const button of document.querySelectorAll<HTMLButtonElement>("[data-shared-only]")) {
    const count = document.querySelectorAll("[data-row][data-shared][aria-selected=true]").length;
    button.textContent = (button.dataset.words ?? "").replace("%n", String(count));
    button.hidden = count === 0;
  }
}

function find(field: HTMLInputElement): void {
  const words = field.value.trim().toLocaleLowerCase();
  const list = document.getElementById(field.dataset.findIn ?? "");
  for (const one of list?.querySelectorAll<HTMLElement>("[data-find]") ?? [])
    one.hidden = !(one.dataset.find ?? "").toLocaleLowerCase().includes(words);
}

export function startSharing(): void {
  for (const part of document.querySelectorAll<HTMLElement>("[data-needs-script]")) part.hidden = false;
  document.addEventListener("change", (event) => {
    const form = (event.target as Element).closest<HTMLFormElement>("form[data-sharing]");
    if (form) follow(form);
  });
  document.addEventListener("input", (event) => {
    const field = event.target;
    if (field instanceof HTMLInputElement && field.dataset.findIn) find(field);
  });
  document.addEventListener("click", (event) => {
    if (!(event.target as Element).closest?.("[data-clear-selection]")) return;
    for (const box of document.querySelectorAll<HTMLInputElement>("[data-list] input[data-select]"))
      if (box.checked) select(box, false);
  });
  document.addEventListener("midline:selection", countShared);
  document.addEventListener("midline:shared", (event) => {
    const { number } = (event as CustomEvent<{ number: string }>).detail;
    document.querySelector<HTMLElement>("[popover]:popover-open:has([data-sharing])")?.hidePopover();
    document.querySelector<HTMLElement>(`#collaborators-${CSS.escape(number)} button`)?.focus();
  });
}
