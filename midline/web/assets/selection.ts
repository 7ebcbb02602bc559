/**
 * What is selected in a list that keeps it: `[data-list][data-keeps="form id"]`, so that rows of several pages can be selected. Its pages
 * and sort orders are fetched in place, or, with `data-remember="view"`, the numbers stay in the session's storage, for each view apart,
 * until they are sent; `[data-select-matching="address"]` selects all that match, as the server counts them.
 * [data-shared-only] counts the selected that are shared ([data-shared] on their row), [data-shared-already] says it in words,
 * [data-clear-selection] clears everything.
 */
import { told } from "./rows.ts";

interface Matching {
  count: number;
  shared: number;
}

/** By case number, whether it is shared: what is selected on any page. */
const selected = new Map<string, boolean>();
let matching: Matching | null = null;

function remembers(list: HTMLElement): boolean {
  return list.dataset.remember !== undefined;
}

/** Where a view keeps what is selected in it; the server says which view it is. It holds no name, nor do the numbers. */
function slot(list: HTMLElement): string {
  return `ml-selected ${location.pathname}${list.dataset.remember}`;
}

function remember(list: HTMLElement): void {
  try {
    if (selected.size === 0) sessionStorage.removeItem(slot(list));
    else sessionStorage.setItem(slot(list), JSON.stringify({ numbers: [...selected.keys()], matching }));
  } catch {
    // Without storage a selection lasts for its page.
  }
}

function recall(list: HTMLElement): void {
  try {
    const kept = JSON.parse(sessionStorage.getItem(slot(list)) ?? "null") as {
      numbers: string[];
      matching: Matching | null;
    } | null;
    if (!kept) return;
    for (const number of kept.numbers) selected.set(number, false);
    matching = kept.matching;
  } catch {
    return;
  }
  for (const box of boxesOf(list)) box.checked = matching !== null || selected.has(box.value);
  told(list);
}

function keeper(): HTMLElement | null {
  return document.querySelector<HTMLElement>("[data-list][data-keeps]");
}

function boxesOf(list: ParentNode): HTMLInputElement[] {
  return [...list.querySelectorAll<HTMLInputElement>("input[data-select]")];
}

function hidden(name: string, value: string): HTMLInputElement {
  const input = document.createElement("input");
  input.type = "hidden";
  input.name = name;
  input.value = value;
  input.dataset.kept = "";
  return input;
}

/** The form sends what is selected on other pages too; all that match go by the filter, not one by one. */
function intoForm(list: HTMLElement): void {
  const form = document.getElementById(list.dataset.keeps ?? "");
  for (const earlier of form?.querySelectorAll("[data-kept]") ?? []) earlier.remove();
  const here = new Set(boxesOf(list).map((box) => box.value));
  const elsewhere = [...selected.keys()].filter((number) => !here.has(number));
  if (matching) form?.append(hidden("scope", "matching"));
  else if (elsewhere.length > 0) form?.append(hidden("cases", elsewhere.join(",")));
  list.dataset.more = String(elsewhere.length);
  if (matching) list.dataset.all = String(matching.count);
  else delete list.dataset.all;
}

function counted(): void {
  const list = keeper();
  if (list) {
    for (const box of boxesOf(list)) {
      const shared = box.closest<HTMLElement>("[data-row]")?.dataset.shared !== undefined;
      if (box.checked) selected.set(box.value, shared);
      else selected.delete(box.value);
    }
    // Taking one out of all that match leaves what is ticked.
    if (boxesOf(list).some((box) => !box.checked)) matching = null;
    intoForm(list);
    if (remembers(list)) remember(list);
  }
  const shared = matching ? matching.shared : [...selected.values()].filter(Boolean).length;
  const words = (part: HTMLElement) =>
    (part.dataset.words ?? "").replace("%n", shared.toLocaleString(document.documentElement.lang));
  for (const part of document.querySelectorAll<HTMLElement>("[data-shared-only], [data-shared-already]")) {
    part.textContent = words(part);
    part.hidden = shared === 0;
  }
}

function clear(): void {
  const list = keeper() ?? document.querySelector<HTMLElement>("[data-list]");
  if (!list) return;
  selected.clear();
  matching = null;
  for (const box of boxesOf(list)) box.checked = false;
  told(list);
}

async function selectMatching(button: HTMLButtonElement): Promise<void> {
  const list = keeper();
  if (!list) return;
  button.disabled = true;
  try {
    const answer = await fetch(button.dataset.selectMatching ?? "", {
      headers: { Accept: "application/json" },
    });
    if (!answer.ok || answer.redirected) throw new Error(String(answer.status));
    matching = (await answer.json()) as Matching;
    for (const box of boxesOf(list)) box.checked = true;
    told(list);
  } catch {
    location.reload();
  } finally {
    button.disabled = false;
  }
}

/** Fetches another page of the list into its place. Anything unexpected is left to the browser. */
async function turnTo(address: string, list: HTMLElement): Promise<void> {
  list.setAttribute("aria-busy", "true");
  const answer = await fetch(address).catch(() => null);
  const page = answer?.ok && !answer.redirected ? await answer.text() : "";
  const fresh = new DOMParser().parseFromString(page, "text/html").getElementById(list.id);
  if (!fresh) {
    location.assign(address);
    return;
  }
  list.replaceChildren(...fresh.childNodes);
  list.removeAttribute("aria-busy");
  history.pushState(null, "", address);
  for (const box of boxesOf(list)) box.checked = matching !== null || selected.has(box.value);
  told(list);
  list.scrollTop = 0;
  list.querySelector<HTMLElement>("[data-open]")?.focus({ preventScroll: true });
}

export function startSelection(): void {
  document.addEventListener("midline:selection", counted);
  document.addEventListener("click", (event) => {
    const target = event.target as Element;
    if (target.closest?.("[data-clear-selection]")) clear();
    const all = target.closest?.<HTMLButtonElement>("[data-select-matching]");
    if (all) void selectMatching(all);
    const link = target.closest?.<HTMLAnchorElement>("[data-keeps] nav a[href], [data-keeps] th a[href]");
    const list = keeper();
    const plain =
      !(event as MouseEvent).ctrlKey && !(event as MouseEvent).metaKey && !(event as MouseEvent).shiftKey;
    if (!link || !list || remembers(list) || !plain || selected.size === 0) return;
    event.preventDefault();
    void turnTo(link.href, list);
  });
  addEventListener("popstate", () => {
    const list = keeper();
    if (list && !remembers(list)) location.reload();
  });
  const list = keeper();
  if (!list || !remembers(list)) return;
  recall(list);
  // What was sent is no longer selected; the page that answers shows it.
  document.getElementById(list.dataset.keeps ?? "")?.addEventListener("submit", () => {
    sessionStorage.removeItem(slot(list));
  });
}
