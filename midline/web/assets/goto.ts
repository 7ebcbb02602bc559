/** Ctrl K: go to a page of this workspace by its name, or to a case by its number. */
import { openDialog } from "./dialog.ts";

function options(dialog: HTMLElement): HTMLAnchorElement[] {
  return [...dialog.querySelectorAll<HTMLAnchorElement>("a.ml-option")].filter((option) => !option.hidden);
}

function mark(dialog: HTMLElement, at: number): void {
  const shown = options(dialog);
  const field = dialog.querySelector("input");
  for (const option of dialog.querySelectorAll("a.ml-option")) option.setAttribute("aria-selected", "false");
  const chosen = shown.at(shown.length ? at % shown.length : 0);
  chosen?.setAttribute("aria-selected", "true");
  chosen?.scrollIntoView({ block: "nearest" });
  if (chosen) field?.setAttribute("aria-activedescendant", chosen.id);
  else field?.removeAttribute("aria-activedescendant");
}

function narrow(dialog: HTMLElement, typed: string): void {
  const wanted = typed.trim().toLocaleLowerCase();
  for (const option of dialog.querySelectorAll<HTMLAnchorElement>("a.ml-option")) {
    if (option.dataset.case === undefined) {
      option.hidden = !(option.textContent ?? "").toLocaleLowerCase().includes(wanted);
      continue;
    }
    const digits = /^\d{1,7}$/.test(wanted) ? wanted.padStart(7, "0") : "";
    option.hidden = digits === "";
    option.href = (option.dataset.case ?? "").replace("0000000", digits);
    const number = option.querySelector("[data-number]");
    if (number) number.textContent = digits;
  }
  const nothing = dialog.querySelector<HTMLElement>("[data-nothing]");
  const empty = options(dialog).length === 0;
  const list = dialog.querySelector<HTMLElement>("[role=listbox]");
  if (nothing) nothing.hidden = !empty;
  if (list) list.hidden = empty;
  mark(dialog, 0);
}

export function startGoTo(): void {
  const dialog = document.querySelector<HTMLDialogElement>("#ml-goto");
  const field = dialog?.querySelector("input");
  if (!dialog || !field) return;
  document.addEventListener("keydown", (event) => {
    if (
      event.key.toLowerCase() !== "k" ||
      !(event.ctrlKey || event.metaKey) ||
      event.shiftKey ||
      event.altKey
    )
      return;
    event.preventDefault();
    openDialog(dialog);
  });
  dialog.addEventListener("midline:open", () => {
    field.value = "";
    narrow(dialog, "");
  });
  field.addEventListener("input", () => narrow(dialog, field.value));
  field.addEventListener("keydown", (event) => {
    const shown = options(dialog);
    const at = shown.findIndex((option) => option.getAttribute("aria-selected") === "true");
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      mark(dialog, at + (event.key === "ArrowDown" ? 1 : -1));
    } else if (event.key === "Enter") {
      event.preventDefault();
      shown[Math.max(at, 0)]?.click();
    }
  });
}
