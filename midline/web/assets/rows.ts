/**
 * Rows of a list: `[data-list]` holds `[data-row]`s; the row's `[data-open]` link opens it, `[data-select]` is its box.
 * A click anywhere on a row opens it; boxes select, with Shift a range; `[data-select-all]` follows and leads.
 * `[data-selection]` shows while something is selected, `[data-selection-count]` in it is the number: of the boxes, and of what
 * `data-more` on the list says is selected on other pages; `data-all` says how many are, where all that match are (selection.ts).
 */

const INTERACTIVE = "a, button, input, select, textarea, label, summary, [popover], dialog";
let anchor: HTMLInputElement | null = null;

export function rowsOf(list: ParentNode): HTMLElement[] {
  return [...list.querySelectorAll<HTMLElement>("[data-row]")].filter((row) => row.checkVisibility());
}

function boxesOf(list: ParentNode): HTMLInputElement[] {
  return [...list.querySelectorAll<HTMLInputElement>("input[data-select]")];
}

/** Rows of a folded group are not selected with the rest of the page: nobody sees them. */
function unfolded(box: HTMLElement): boolean {
  return box.closest("tbody[hidden]") === null;
}

/** Says to the page what is selected in `list`. */
export function told(list: HTMLElement): void {
  const boxes = boxesOf(list);
  const chosen = boxes.filter((box) => box.checked);
  for (const box of boxes) {
    const row = box.closest("[data-row]");
    if (box.checked) row?.setAttribute("aria-selected", "true");
    else row?.removeAttribute("aria-selected");
  }
  for (const all of list.querySelectorAll<HTMLInputElement>("input[data-select-all]")) {
    const open = boxes.filter(unfolded);
    all.checked = open.length > 0 && open.every((box) => box.checked);
    all.indeterminate = chosen.length > 0 && !all.checked;
  }
  // Who listens may change what is selected elsewhere, so the numbers are read afterwards.
  list.dispatchEvent(
    new CustomEvent("midline:selection", { bubbles: true, detail: { count: chosen.length } }),
  );
  const { more, all } = list.dataset;
  const number = all ? Number(all) : chosen.length + Number(more ?? 0);
  for (const bar of document.querySelectorAll<HTMLElement>("[data-selection]")) {
    bar.hidden = number === 0;
    for (const count of bar.querySelectorAll("[data-selection-count]"))
      count.textContent = number.toLocaleString(document.documentElement.lang);
  }
}

/** Selects or clears a box and says so to the page; with `range`, also all between it and the one before. */
export function select(box: HTMLInputElement, checked: boolean, range = false): void {
  const list = box.closest<HTMLElement>("[data-list]");
  if (!list) return;
  const boxes = boxesOf(list);
  const [from, to] = [anchor ? boxes.indexOf(anchor) : -1, boxes.indexOf(box)];
  const between = range && from >= 0 ? boxes.slice(Math.min(from, to), Math.max(from, to) + 1) : [box];
  for (const one of between) one.checked = checked;
  anchor = box;
  told(list);
}

export function startRows(): void {
  document.addEventListener("click", (event) => {
    const target = event.target as Element;
    if (target instanceof HTMLInputElement && target.dataset.select !== undefined) {
      select(target, target.checked, event.shiftKey);
      return;
    }
    if (target instanceof HTMLInputElement && target.dataset.selectAll !== undefined) {
      const list = target.closest<HTMLElement>("[data-list]");
      if (!list) return;
      for (const box of boxesOf(list).filter(unfolded)) box.checked = target.checked;
      told(list);
      return;
    }
    const row = target.closest?.<HTMLElement>("[data-row]");
    if (!row || target.closest(INTERACTIVE) || getSelection()?.toString()) return;
    const link = row.querySelector<HTMLAnchorElement>("a[data-open]");
    if (!link) return;
    if (event.ctrlKey || event.metaKey) open(link.href, "_blank", "noopener");
    else link.click();
  });
  const again = () => {
    for (const list of document.querySelectorAll<HTMLElement>("[data-list]")) told(list);
  };
  document.addEventListener("htmx:after:swap", again);
  addEventListener("pageshow", again);
}
