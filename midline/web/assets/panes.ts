/**
 * Tabs beside each other: `[data-panes]` holds a `[role=tablist]` and the panels its tabs control. Arrow keys move, Home and End jump.
 * The conversation opens at what is new.
 * A pin that was set or opened on a model brings its conversation forward, and whatever is swapped in is put in step with the model.
 */

/** Nearer to its end than this (px), a thread is read at its end. */
const END = 24;
/** Where the reader was in the thread; a swap brings a new element, which begins at its top. */
const kept = { top: 0, atEnd: true, opened: false };

/** The thread opens at what is new, else at its end; swapped in, it stays where it was read, or follows at its end. */
function bringNewest(first: boolean): void {
  const thread = document.getElementById("thread");
  if (!thread || thread.clientHeight === 0) return;
  const fresh = first ? thread.querySelector<HTMLElement>("[data-new]") : null;
  if (fresh) thread.scrollTop += fresh.getBoundingClientRect().top - thread.getBoundingClientRect().top - END;
  else thread.scrollTop = first || kept.atEnd ? thread.scrollHeight : kept.top;
  kept.opened = true;
}

function show(tab: HTMLElement, focus = false): void {
  const tabs = tab.closest("[role=tablist]")?.querySelectorAll<HTMLElement>("[role=tab]") ?? [];
  for (const other of tabs) {
    const chosen = other === tab;
    other.setAttribute("aria-selected", String(chosen));
    other.tabIndex = chosen ? 0 : -1;
    const panel = document.getElementById(other.getAttribute("aria-controls") ?? "");
    if (panel) panel.hidden = !chosen;
  }
  if (focus) tab.focus();
  if (tab.id === "tab-talk") bringNewest(!kept.opened);
  document.querySelector("[data-viewer]")?.dispatchEvent(new CustomEvent("midline:refresh"));
}

function step(list: HTMLElement, from: HTMLElement, key: string): HTMLElement | undefined {
  const tabs = [...list.querySelectorAll<HTMLElement>("[role=tab]")];
  const at = tabs.indexOf(from);
  const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: tabs.length - 1 }[key];
  return to === undefined ? undefined : tabs[(to + tabs.length) % tabs.length];
}

/** A row of tabs that is wider than the phone begins with the current tab in sight, clear of the faded edge. */
function bringCurrent(): void {
  for (const tab of document.querySelectorAll<HTMLElement>(".ml-tabs > [aria-current]")) {
    const row = tab.parentElement;
    if (row) row.scrollLeft = Math.max(0, tab.offsetLeft + tab.offsetWidth + 40 - row.clientWidth);
  }
}

export function startPanes(): void {
  bringCurrent();
  bringNewest(true);
  document.addEventListener(
    "scroll",
    ({ target }) => {
      if (!(target instanceof HTMLElement) || target.id !== "thread") return;
      kept.top = target.scrollTop;
      kept.atEnd = target.scrollHeight - target.scrollTop - target.clientHeight < END;
    },
    { capture: true, passive: true },
  );
  // Who has just written wants to see it stand.
  document.addEventListener("submit", ({ target }) => {
    if (target instanceof Element && target.id === "compose") kept.atEnd = true;
  });
  document.addEventListener("click", (event) => {
    const target = event.target as Element;
    const tab = target.closest<HTMLElement>("[data-panes] [role=tab]");
    if (tab) show(tab);
    // A link to what stands in a tab of this page; opened in another window it is a page of its own.
    const link = target.closest<HTMLElement>("a[data-open-tab]");
    const meant = link && document.getElementById(link.dataset.openTab ?? "");
    if (!meant || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    show(meant, true);
    meant.closest("[data-panes]")?.scrollIntoView({ block: "start" });
  });
  document.addEventListener("keydown", (event) => {
    const tab = (event.target as Element).closest<HTMLElement>("[data-panes] [role=tab]");
    const list = tab?.closest<HTMLElement>("[role=tablist]");
    const next = tab && list ? step(list, tab, event.key) : undefined;
    if (!next) return;
    event.preventDefault();
    event.stopPropagation();
    show(next, true);
  });
  const conversation = () => {
    const tab = document.getElementById("tab-talk");
    if (tab) show(tab);
  };
  document.addEventListener("midline:pin", conversation);
  document.addEventListener("midline:pin-open", (event) => {
    conversation();
    const { id } = (event as CustomEvent<{ id: number }>).detail;
    document.getElementById(`comment-${id}`)?.scrollIntoView({ block: "center" });
  });
  document.addEventListener("htmx:after:swap", () => {
    bringNewest(false);
    const viewer = document.querySelector("[data-viewer]");
    const pins = document.getElementById("conversation-pins")?.textContent;
    const writing = document.querySelector<HTMLInputElement>("[data-pin-form] input[name=part]")?.value;
    if (viewer && pins && !writing)
      viewer.dispatchEvent(new CustomEvent("midline:pins", { detail: { pins: JSON.parse(pins) } }));
    viewer?.dispatchEvent(new CustomEvent("midline:refresh"));
  });
}
