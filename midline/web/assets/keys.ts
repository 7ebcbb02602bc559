/**
 * Keys. Lists: J K move, X select, Shift X range, Enter open, C collaborators, / search, F filter, [ ] page.
 * Everywhere: G then O C D, ? all keys, Ctrl K go to (goto.ts). Never while typing; data-keys="off" on <html> switches single keys off.
 */
import { openDialog } from "./dialog.ts";
import { isTyping } from "./page.ts";
import { rowsOf, select } from "./rows.ts";

let waitsForPlace = 0;

function current(): HTMLElement | null {
  const active = document.activeElement?.closest<HTMLElement>("[data-row]");
  return active ?? document.querySelector<HTMLElement>("[data-row][data-focus]");
}

function move(step: 1 | -1): boolean {
  const list = current()?.closest("[data-list]") ?? document.querySelector("[data-list]");
  if (!list) return false;
  const rows = rowsOf(list);
  const at = rows.indexOf(current() as HTMLElement);
  const to = rows[at < 0 ? (step === 1 ? 0 : rows.length - 1) : at + step];
  if (!to) return true;
  for (const row of rows) delete row.dataset.focus;
  to.dataset.focus = "";
  to.querySelector<HTMLElement>("[data-open]")?.focus();
  to.scrollIntoView({ block: "nearest" });
  return true;
}

function press(selector: string, within: ParentNode = document): boolean {
  const found = [...within.querySelectorAll<HTMLElement>(selector)].find((element) =>
    element.checkVisibility(),
  );
  found?.click();
  return found !== undefined;
}

function onRow(act: (row: HTMLElement) => boolean): boolean {
  const row = current();
  return row ? act(row) : false;
}

function selectRow(row: HTMLElement, range: boolean): boolean {
  const box = row.querySelector<HTMLInputElement>("input[data-select]");
  if (box) select(box, range || !box.checked, range);
  return box !== null;
}

function search(): boolean {
  const field = [...document.querySelectorAll<HTMLInputElement>("[data-search]")].find((one) =>
    one.checkVisibility(),
  );
  field?.focus();
  field?.select();
  return field !== undefined;
}

function allKeys(): boolean {
  const dialog = document.querySelector<HTMLDialogElement>("#ml-keys");
  if (dialog) openDialog(dialog);
  return dialog !== null;
}

const KEYS: Record<string, () => boolean> = {
  j: () => move(1),
  k: () => move(-1),
  x: () => onRow((row) => selectRow(row, false)),
  X: () => onRow((row) => selectRow(row, true)),
  Enter: () => onRow((row) => document.activeElement === document.body && press("[data-open]", row)),
  c: () => onRow((row) => press("[data-collaborators]", row)),
  "/": search,
  f: () => press("[data-filters]"),
  "[": () => press('a[rel="prev"]'),
  "]": () => press('a[rel="next"]'),
  "?": allKeys,
};

function place(key: string): boolean {
  return press(`a[data-go="${CSS.escape(key.toLowerCase())}"]`) || follow(key);
}

/** On a phone the links of the header are hidden: then the address is followed. */
function follow(key: string): boolean {
  const link = document.querySelector<HTMLAnchorElement>(`a[data-go="${CSS.escape(key.toLowerCase())}"]`);
  if (link) location.assign(link.href);
  return link !== null;
}

export function startKeys(): void {
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || isTyping(event)) return;
    if (
      document.documentElement.dataset.keys === "off" ||
      document.querySelector("dialog:modal, [popover]:popover-open")
    )
      return;
    if (performance.now() < waitsForPlace) {
      waitsForPlace = 0;
      if (place(event.key)) event.preventDefault();
      return;
    }
    if (event.key === "g") {
      waitsForPlace = performance.now() + 1500;
      return;
    }
    if (KEYS[event.key]?.()) event.preventDefault();
  });
}
