/**
 * The files of an import, `form[data-mapping]`: drag a row `[data-row]` onto a stage of a strip `[data-strip]`, or choose the row and press
 * U or L for the arch, digits for the stage, Alt with an arrow for the stage beside it. What changed is announced, and the strips follow.
 * In a grid of teeth `[data-grid]` the arrow keys go from field to field. Without scripts the row's own fields do all this.
 */
const TYPING_MS = 900;

type Row = HTMLTableRowElement;

function part<T extends HTMLElement>(row: Row, name: string): T | null {
  return row.querySelector<T>(`[name=${name}-${row.dataset.row}]`);
}

function answer(row: Row): string {
  return part<HTMLInputElement>(row, "answer")?.form?.elements
    ? (row.querySelector<HTMLInputElement>(`[name=answer-${row.dataset.row}]:checked`)?.value ?? "")
    : "take";
}

function words(form: HTMLElement, key: string, values: Record<string, string | number>): string {
  return (form.dataset[key] ?? "").replace(/%\((\w+)\)s/g, (_, name: string) => String(values[name] ?? ""));
}

interface Change {
  arch?: string | undefined;
  stage?: number;
}

/** Gives a row another arch or stage; a row that waits for an answer is answered by it. */
export function place(row: Row, change: Change): void {
  const form = row.closest<HTMLFormElement>("form[data-mapping]");
  const arch = part<HTMLSelectElement>(row, "arch");
  const stage = part<HTMLInputElement>(row, "stage");
  if (!form || !arch || arch.disabled) return;
  if (change.arch) arch.value = change.arch;
  if (change.stage !== undefined && stage) stage.value = String(change.stage);
  const take = row.querySelector<HTMLInputElement>(`[name=answer-${row.dataset.row}][value=take]`);
  if (take && answer(row) !== "take" && (change.stage !== undefined || answer(row) === "leave"))
    take.checked = true;
  refresh(form);
  const said = form.querySelector("[data-mapping-said]");
  const place = {
    name: row.dataset.name ?? "",
    arch: form.dataset[arch.value] ?? "–",
    stage: stage?.value || "–",
  };
  if (said) said.textContent = words(form, "moved", place);
}

export interface Placed {
  readonly arch: string;
  readonly stage: number;
  readonly waits: boolean;
}

export interface Cells {
  readonly first: number;
  readonly last: number;
  readonly cells: readonly { readonly stage: number; readonly state: "found" | "doubt" | "missing" }[];
  readonly missing: number;
  readonly twice: readonly number[];
}

/** The cells of each arch's strip, as the server draws them: every arch begins at the lowest stage of all. */
export function strips(files: readonly Placed[]): Map<string, Cells> {
  const found = new Map<string, Cells>();
  const first = Math.min(...files.map((file) => file.stage));
  for (const arch of ["upper", "lower"]) {
    const mine = files.filter((file) => file.arch === arch);
    if (!mine.length) continue;
    const last = Math.max(...mine.map((file) => file.stage));
    const cells = [];
    const twice = [];
    for (let stage = first; stage <= last; stage += 1) {
      const here = mine.filter((file) => file.stage === stage);
      if (here.length > 1) twice.push(stage);
      const doubt = here.length > 1 || here.some((file) => file.waits);
      cells.push({ stage, state: !here.length ? "missing" : doubt ? "doubt" : "found" } as const);
    }
    found.set(arch, {
      first,
      last,
      cells,
      twice,
      missing: cells.filter((cell) => cell.state === "missing").length,
    });
  }
  return found;
}

function placed(form: HTMLElement): Placed[] {
  const files: Placed[] = [];
  for (const row of form.querySelectorAll<Row>("tr[data-row]")) {
    const given = answer(row);
    const arch = part<HTMLSelectElement>(row, "arch")?.value ?? "";
    const stage = part<HTMLInputElement>(row, "stage")?.value.trim() ?? "";
    if (given === "leave" || given === "beside" || !arch || !/^\d{1,3}$/.test(stage)) continue;
    files.push({ arch, stage: Number(stage), waits: given !== "take" });
  }
  return files;
}

/** Draws the strips anew from what the rows say. A form with a grid of teeth holds most of its files elsewhere and is left alone. */
function refresh(form: HTMLElement): void {
  if ("singleTeeth" in form.dataset) return;
  const found = strips(placed(form));
  const longest = Math.max(...[...found.values()].map((strip) => strip.last));
  for (const element of form.querySelectorAll<HTMLElement>("[data-strip]")) {
    const strip = found.get(element.dataset.strip ?? "");
    const box = element.querySelector<HTMLElement>("[data-strip-cells]");
    const model = box?.querySelector<HTMLElement>("[data-stage]");
    element.hidden = !strip;
    if (!strip || !box || !model) continue;
    const cells: HTMLElement[] = strip.cells.map(({ stage, state }) => {
      const cell = model.cloneNode() as HTMLElement;
      cell.dataset.stage = cell.textContent = String(stage);
      cell.dataset.state = state;
      return cell;
    });
    for (let n = strip.last; n < longest; n += 1) {
      const blank = document.createElement("span");
      blank.className = "h-5 min-w-0 flex-1";
      cells.push(blank);
    }
    box.replaceChildren(...cells);
    const said = [words(form, "of", { n: strip.cells.length - strip.missing, of: strip.cells.length })];
    if (strip.missing) said.push(words(form, "missing", { n: strip.missing }));
    if (strip.twice.length) said.push(words(form, "twice", { stages: strip.twice.join(", ") }));
    for (const text of element.querySelectorAll("[data-strip-words]")) text.textContent = said.join(", ");
    const label = element.querySelector("[data-strip-label]");
    if (label)
      label.textContent = `${form.dataset[element.dataset.strip ?? ""]}, ${strip.first}–${strip.last}`;
    box.setAttribute("aria-label", `${label?.textContent}: ${said.join(", ")}`);
  }
}

let typed = "";
let typedAt = 0;

function onRowKey(event: KeyboardEvent, row: Row): void {
  const stage = part<HTMLInputElement>(row, "stage");
  const now = Number(stage?.value);
  const key = event.key.toLowerCase();
  const arrow = ["arrowup", "arrowright"].includes(key)
    ? 1
    : ["arrowdown", "arrowleft"].includes(key)
      ? -1
      : 0;
  if (event.ctrlKey || event.metaKey) return;
  if (event.altKey && arrow && stage) {
    place(row, { stage: Math.max(0, (Number.isInteger(now) ? now : 0) + arrow) });
  } else if (event.altKey) {
    return;
  } else if (key === "u" || key === "l") {
    place(row, { arch: key === "u" ? "upper" : "lower" });
  } else if (/^\d$/.test(key) && stage) {
    typed = event.timeStamp - typedAt < TYPING_MS ? (typed + key).slice(-3) : key;
    typedAt = event.timeStamp;
    place(row, { stage: Number(typed) });
  } else if (arrow) {
    const rows = [...(row.closest("form")?.querySelectorAll<Row>("tr[data-row]") ?? [])].filter(
      (one) => one.offsetParent,
    );
    rows[rows.indexOf(row) + (key === "arrowdown" || key === "arrowright" ? 1 : -1)]?.focus();
  } else return;
  event.preventDefault();
  event.stopPropagation();
}

function onGridKey(event: KeyboardEvent, button: HTMLButtonElement): void {
  const step = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[event.key];
  const cell = button.closest("td");
  const line = cell?.parentElement as Row | null;
  const body = line?.parentElement as HTMLTableSectionElement | null;
  if (!step || !cell || !line || !body) return;
  let y = line.sectionRowIndex;
  let x = cell.cellIndex;
  for (;;) {
    y += step[0] ?? 0;
    x += step[1] ?? 0;
    const next = body.rows[y]?.cells[x];
    if (!next || x < 1) return;
    const target = next.querySelector("button");
    if (!target) continue;
    button.tabIndex = -1;
    target.tabIndex = 0;
    target.focus();
    event.preventDefault();
    return;
  }
}

function rowOf(target: EventTarget | null): Row | null {
  return target instanceof HTMLTableRowElement && target.dataset.row && target.closest("[data-mapping]")
    ? target
    : null;
}

function cellOf(target: EventTarget | null): HTMLElement | null {
  return (target as Element | null)?.closest?.<HTMLElement>("[data-strip] [data-stage]") ?? null;
}

/** “Add the file”: the button opens the choice of files, and what is chosen goes off at once. Without scripts field and button stand there. */
function startSupply(form: HTMLElement): void {
  for (const box of form.querySelectorAll<HTMLElement>("[data-supply]")) {
    const input = box.querySelector<HTMLInputElement>("input");
    const button = box.querySelector<HTMLButtonElement>("button");
    if (!input || !button) continue;
    input.hidden = true;
    button.addEventListener("click", (event) => {
      if (input.files?.length) return;
      event.preventDefault();
      input.click();
    });
    input.addEventListener("change", () => {
      if (input.files?.length) input.form?.requestSubmit(button);
    });
  }
}

/**
 * The answer that a job is done reloads the page. A large page takes longer than the second until the next question, whose answer would begin
 * the reload again, for ever: once a reload has begun, nothing is asked any more. The copy is one that htmx does not know.
 */
function startSteps(): void {
  addEventListener("beforeunload", () => {
    const steps = document.querySelector("#import-steps[hx-get]");
    steps?.replaceWith(steps.cloneNode(true));
  });
}

export function startMapping(): void {
  startSteps();
  for (const form of document.querySelectorAll<HTMLElement>("[data-mapping]")) startSupply(form);
  for (const grid of document.querySelectorAll("[data-grid]"))
    for (const [n, button] of [...grid.querySelectorAll("button")].entries()) button.tabIndex = n ? -1 : 0;
  if (!document.querySelector("[data-mapping]")) return;
  let dragged: Row | null = null;
  let over: HTMLElement | null = null;
  const mark = (cell: HTMLElement | null): void => {
    if (over) delete over.dataset.over;
    over = cell;
    if (over) over.dataset.over = "";
  };
  document.addEventListener("keydown", (event) => {
    const row = rowOf(event.target);
    if (row) onRowKey(event, row);
    else if (event.target instanceof HTMLButtonElement && event.target.closest("[data-grid]"))
      onGridKey(event, event.target);
  });
  document.addEventListener("dragstart", (event) => {
    dragged = (event.target as Element).closest?.<Row>("[data-mapping] tr[data-row]") ?? null;
    if (dragged) event.dataTransfer?.setData("text/plain", dragged.dataset.name ?? "");
  });
  document.addEventListener("dragover", (event) => {
    const cell = dragged ? cellOf(event.target) : null;
    mark(cell);
    if (cell) event.preventDefault();
  });
  document.addEventListener("drop", (event) => {
    const cell = dragged ? cellOf(event.target) : null;
    if (!cell || !dragged) return;
    event.preventDefault();
    place(dragged, {
      arch: cell.closest<HTMLElement>("[data-strip]")?.dataset.strip,
      stage: Number(cell.dataset.stage),
    });
  });
  document.addEventListener("dragend", () => {
    mark(null);
    dragged = null;
  });
  document.addEventListener("input", (event) => {
    const form = (event.target as Element).closest?.<HTMLElement>("[data-mapping]");
    if (form) refresh(form);
  });
}
