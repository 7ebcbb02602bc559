/**
 * An open list stays true: `[data-list][data-rows="address"]` fetches its rows anew when a live update says that it is stale, and puts
 * what changed into the rows as they stand. Nothing moves: focus, selection, an open popover and the place on the page stay. A row whose
 * case is gone leaves with a note; what belongs elsewhere now is announced, and shown when the reader asks.
 * Groups fold: `button[data-fold="name"]` hides the `<tbody>` that it controls; the tab of the browser remembers which.
 */
import { word } from "./page.ts";
import { told } from "./rows.ts";
import { say, showToast } from "./toast.ts";

const SPOKEN = 3;

function listOf(root: ParentNode = document): HTMLElement | null {
  return root.querySelector<HTMLElement>("[data-list][data-rows]");
}

function rowsIn(list: ParentNode): HTMLElement[] {
  return [...list.querySelectorAll<HTMLElement>("tr[data-row]")];
}

function numberOf(row: HTMLElement): string {
  return row.id.replace("case-", "");
}

function groupOf(row: HTMLElement): string {
  return row.closest("tbody")?.id.replace("group-", "") ?? "";
}

/** What the poll says that the page shows, so that the server can tell whether a case of it went or came. */
export function shownCases(): string {
  const list = listOf();
  if (!list) return "";
  const about = new URLSearchParams({
    cases: rowsIn(list).map(numberOf).join(","),
    all: list.dataset.seen ?? "",
    provider: new URLSearchParams(location.search).get("provider") ?? "",
  });
  return `&${about}`;
}

/** Makes `old` equal to `fresh` and keeps every element that may stay; says whether a word of it changed. */
function become(old: Element, fresh: Element): boolean {
  let changed = false;
  if (old.matches("time")) {
    if (old.getAttribute("datetime") !== fresh.getAttribute("datetime"))
      old.replaceWith(fresh.cloneNode(true));
    return false;
  }
  for (const { name, value } of [...fresh.attributes])
    if (name !== "aria-expanded" && old.getAttribute(name) !== value) old.setAttribute(name, value);
  for (const { name } of [...old.attributes])
    if (!fresh.hasAttribute(name) && !KEPT.has(name)) old.removeAttribute(name);
  const [before, after] = [[...old.childNodes], [...fresh.childNodes]];
  const alike =
    before.length === after.length && before.every((node, at) => node.nodeName === after[at]?.nodeName);
  if (!alike) {
    changed = old.textContent !== fresh.textContent;
    old.replaceChildren(...after.map((node) => node.cloneNode(true)));
    return changed;
  }
  before.forEach((node, at) => {
    const other = after[at] as ChildNode;
    if (node instanceof Element) changed = become(node, other as Element) || changed;
    else if (node.textContent !== other.textContent) {
      node.textContent = other.textContent;
      changed = true;
    }
  });
  return changed;
}

/** What the page put on an element itself and the server does not send. */
const KEPT = new Set(["aria-selected", "data-focus", "aria-expanded"]);

/** "0104217: Setup awaiting approval v3, Your turn" */
function inWords(row: HTMLElement): string {
  const parts = [".c-status", ".c-state", ".c-turn"].map((cell) =>
    (row.querySelector(cell)?.textContent ?? "").replace(/\s+/g, " ").trim(),
  );
  return `${numberOf(row)}: ${parts.filter((part) => part && part !== "—").join(", ")}`;
}

/** Takes a row out; the focus goes to the next row, so that whoever works by keyboard stays in the list. */
function takeOut(row: HTMLElement): void {
  const held = row.contains(document.activeElement);
  const all = rowsIn(row.closest("table") ?? document);
  const near = all[all.indexOf(row) + 1] ?? all[all.indexOf(row) - 1];
  row.remove();
  if (held) near?.querySelector<HTMLElement>("[data-open]")?.focus({ preventScroll: true });
}

function setTabs(fresh: ParentNode): void {
  const tabs = document.querySelector(".ml-tabs");
  const sent = fresh.querySelector(".ml-tabs");
  if (!tabs || !sent) return;
  for (const link of sent.querySelectorAll<HTMLAnchorElement>("a")) {
    const same = [...tabs.querySelectorAll("a")].find(
      (one) => one.getAttribute("href") === link.getAttribute("href"),
    );
    const count = same?.querySelector(".ml-count");
    const now = link.querySelector(".ml-count");
    if (count && now) become(count, now);
  }
}

/** "2 cases changed · Show": the rows move only when the reader asks. */
function announce(list: HTMLElement, words: string): void {
  let strip = document.getElementById("ml-news");
  if (!words) {
    strip?.remove();
    return;
  }
  if (!strip) {
    strip = document.createElement("p");
    strip.id = "ml-news";
    strip.className = "ml-news";
    const show = document.createElement("button");
    show.type = "button";
    show.className = "btn btn-line btn-xs max-sm:btn-md";
    show.textContent = word("show");
    show.addEventListener("click", () => void reload());
    strip.append(document.createElement("span"), show);
    list.before(strip);
  }
  const text = strip.querySelector("span");
  if (text && text.textContent !== words) {
    text.textContent = words;
    say(words);
  }
}

/** The list in the order it has now; what is selected stays selected, and the focus on its row. */
async function reload(): Promise<void> {
  const list = listOf();
  const page = await fetched(location.href);
  const fresh = page && listOf(page);
  if (!list || !fresh) {
    location.reload();
    return;
  }
  const chosen = new Set(
    [...list.querySelectorAll<HTMLInputElement>("input[data-select]:checked")].map((box) => box.value),
  );
  const focused = document.activeElement?.closest<HTMLElement>("tr[data-row]")?.id;
  list.replaceChildren(...fresh.childNodes);
  list.dataset.seen = fresh.dataset.seen;
  for (const box of list.querySelectorAll<HTMLInputElement>("input[data-select]"))
    box.checked = chosen.has(box.value);
  setTabs(page);
  document.getElementById("ml-news")?.remove();
  fold(list);
  told(list);
  const row = (focused && document.getElementById(focused)) || list;
  row.querySelector<HTMLElement>("[data-open]")?.focus({ preventScroll: true });
}

async function fetched(address: string): Promise<Document | null> {
  const answer = await fetch(address, { credentials: "same-origin" }).catch(() => null);
  if (!answer?.ok || answer.redirected) return null;
  return new DOMParser().parseFromString(await answer.text(), "text/html");
}

async function refresh(): Promise<void> {
  const list = listOf();
  if (!list) return;
  const address = new URL(list.dataset.rows ?? "", location.href);
  for (const row of rowsIn(list)) address.searchParams.append("case", `${groupOf(row)}.${numberOf(row)}`);
  const page = await fetched(address.href);
  const fresh = page?.getElementById("fresh");
  if (!page || !fresh) return;
  const changed: HTMLElement[] = [];
  for (const row of rowsIn(fresh)) {
    const old = document.getElementById(row.id);
    if (old && become(old, row)) changed.push(old);
  }
  for (const number of (fresh.dataset.gone ?? "").split(" ").filter(Boolean)) {
    const row = document.getElementById(`case-${number}`);
    if (row) takeOut(row);
  }
  list.dataset.seen = fresh.dataset.seen;
  setTabs(fresh);
  told(list);
  announce(list, fresh.dataset.movedWords ?? "");
  if (fresh.dataset.goneWords) showToast({ text: fresh.dataset.goneWords });
  if (changed.length) say(changed.slice(0, SPOKEN).map(inWords).join(". "));
}

// --- groups ---------------------------------------------------------------------------------------------------------

const memory = () => `midline:folded:${location.pathname}`;

function folded(): Set<string> {
  return new Set((sessionStorage.getItem(memory()) ?? "").split(" ").filter(Boolean));
}

function fold(list: ParentNode): void {
  const closed = folded();
  for (const button of list.querySelectorAll<HTMLElement>("button[data-fold]")) {
    const shut = closed.has(button.dataset.fold ?? "");
    button.setAttribute("aria-expanded", String(!shut));
    const rows = document.getElementById(button.getAttribute("aria-controls") ?? "");
    if (rows) rows.hidden = shut;
  }
}

export function startLists(): void {
  const list = listOf();
  if (!list) return;
  fold(list);
  document.addEventListener("click", (event) => {
    const button = (event.target as Element).closest?.<HTMLElement>("button[data-fold]");
    if (!button) return;
    const closed = folded();
    const name = button.dataset.fold ?? "";
    if (!closed.delete(name)) closed.add(name);
    sessionStorage.setItem(memory(), [...closed].join(" "));
    fold(document);
  });
  document.body.addEventListener("midline:changed-list", () => void refresh());
}
