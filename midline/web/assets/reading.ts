/**
 * What was read: `#thread[data-read][data-newest]` is marked as read, up to the comment it shows, once it lies before the reader's eyes:
 * in a tab that is shown, on a page that is shown. A swap of a hidden thread reads nothing; the bubble of its tab then follows
 * `template[data-bubble]`.
 */
import { csrfToken } from "./page.ts";

const TABS = '#tab-talk, .ml-tabs a[href$="/discussion/"]';
let marked = 0;
let shown: Element | null = null;

function bubble(of: HTMLTemplateElement | null): void {
  for (const tab of document.querySelectorAll<HTMLElement>(TABS)) {
    tab.querySelector(".ml-bubble")?.remove();
    if (of?.content.firstElementChild) tab.append(of.content.firstElementChild.cloneNode(true));
  }
}

async function read(thread: HTMLElement): Promise<void> {
  const newest = Number(thread.dataset.newest ?? 0);
  if (document.hidden || newest <= marked) return;
  const before = marked;
  marked = newest;
  const answer = await fetch(thread.dataset.read ?? "", {
    method: "POST",
    headers: { "X-CSRFToken": csrfToken(), Accept: "application/json" },
    body: new URLSearchParams({ up_to: String(newest) }),
  }).catch(() => null);
  if (!answer?.ok || answer.redirected) marked = before;
  else if (((await answer.json()) as { unread: number }).unread === 0) bubble(null);
}

export function startReading(): void {
  const eyes = new IntersectionObserver((entries) => {
    for (const entry of entries) {
      shown = entry.isIntersecting ? entry.target : shown === entry.target ? null : shown;
      if (entry.isIntersecting) void read(entry.target as HTMLElement);
    }
  });
  let watched: HTMLElement | null = null;
  const watch = () => {
    const thread = document.getElementById("thread");
    if (!thread?.dataset.read || thread === watched) return;
    if (watched) eyes.unobserve(watched);
    if (watched) bubble(thread.querySelector<HTMLTemplateElement>("template[data-bubble]"));
    watched = thread;
    shown = null;
    eyes.observe(thread);
  };
  watch();
  document.addEventListener("htmx:after:swap", watch);
  document.addEventListener("visibilitychange", () => {
    if (shown instanceof HTMLElement) void read(shown);
  });
}
