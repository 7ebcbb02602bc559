/**
 * Live updates: `<main data-updates="/provider/cases/0104217/updates" data-after="812">` is asked every 4 seconds for what is newer.
 * 204 is nothing. 200 names the regions that changed; each gets `midline:changed-<region>` and the page `midline:changed`, on <body>,
 * so that `hx-trigger="midline:changed-conversation from:body"` reloads one of them. 404 means access has ended: the page goes.
 * A list says what it shows (lists.ts), and an empty answer says from where to ask next. `[data-here="2"]` says which version is shown,
 * and is filled with who else looks at the case.
 */
import { shownCases } from "./lists.ts";

const EVERY = 4000;

interface News {
  last: number;
  seen?: string;
  changed: string[];
  here?: { mark: string; html: string };
}

let around = "";

function hereNow(): string {
  const version = document.querySelector<HTMLElement>("[data-here]")?.dataset.here;
  return version ? `&here=${version}&around=${around}` : "";
}

function showHere(here: News["here"]): void {
  const place = document.querySelector<HTMLElement>("[data-here]");
  if (!here || !place) return;
  around = here.mark;
  place.replaceChildren(...new DOMParser().parseFromString(here.html, "text/html").body.childNodes);
}

async function ended(answer: Response): Promise<void> {
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  document.title = page.title;
  document.body.replaceWith(document.adoptNode(page.body));
  document.querySelector<HTMLElement>("main")?.focus();
}

export function startLive(): void {
  const region = document.querySelector<HTMLElement>("[data-updates]");
  const address = region?.dataset.updates;
  if (!region || !address) return;
  let after = Number(region.dataset.after ?? 0);
  let seen = "";
  let timer = 0;
  let busy = false;

  const ask = async () => {
    if (busy || document.hidden) return;
    busy = true;
    try {
      const answer = await fetch(
        `${address}?after=${after}&seen=${encodeURIComponent(seen)}${shownCases()}${hereNow()}`,
        {
          credentials: "same-origin",
          headers: { Accept: "application/json" },
        },
      );
      if (answer.redirected) location.reload();
      else if (answer.status === 404) {
        clearInterval(timer);
        await ended(answer);
      } else if (answer.status === 204) {
        after = Number(answer.headers.get("Midline-Last") ?? after);
        seen = answer.headers.get("Midline-Seen") ?? seen;
      } else if (answer.status === 200) {
        const news = (await answer.json()) as News;
        after = news.last;
        seen = news.seen ?? "";
        showHere(news.here);
        for (const name of news.changed)
          document.body.dispatchEvent(new CustomEvent(`midline:changed-${name}`));
        if (news.changed.length > 0)
          document.body.dispatchEvent(new CustomEvent("midline:changed", { detail: news }));
      }
    } catch {
      document.dispatchEvent(new CustomEvent("midline:unreachable"));
    } finally {
      busy = false;
    }
  };
  timer = window.setInterval(() => void ask(), EVERY);
  if (hereNow()) void ask();
  document.addEventListener("visibilitychange", () => void ask());
  document.addEventListener("midline:reached", () => void ask());
}
