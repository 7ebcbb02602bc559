/** The amber strip under the header while the server cannot be reached; it tries again by itself. */
import { word } from "./page.ts";

const PAUSE = 10;

export function startOffline(): void {
  const strip = document.getElementById("ml-offline");
  if (!strip) return;
  const since = strip.querySelector("[data-since]");
  const next = strip.querySelector("[data-next]");
  let left = 0;
  let timer = 0;

  const reached = () => {
    if (strip.hidden) return;
    strip.hidden = true;
    clearInterval(timer);
    document.dispatchEvent(new CustomEvent("midline:reached"));
  };
  const attempt = async () => {
    left = PAUSE;
    try {
      await fetch("/healthz", { cache: "no-store", credentials: "omit" });
      reached();
    } catch {
      if (next) next.textContent = word("next_try", { n: left });
    }
  };
  const lost = () => {
    if (!strip.hidden) return;
    strip.hidden = false;
    const language = document.documentElement.lang || "en";
    const time = new Intl.DateTimeFormat(language, {
      hour: "2-digit",
      minute: "2-digit",
      hour12: false,
    }).format(new Date());
    if (since) since.textContent = word("no_connection", { time });
    left = PAUSE;
    clearInterval(timer);
    timer = window.setInterval(() => {
      left -= 1;
      if (next) next.textContent = word("next_try", { n: Math.max(left, 0) });
      if (left <= 0) void attempt();
    }, 1000);
  };

  strip.querySelector("button")?.addEventListener("click", () => void attempt());
  addEventListener("offline", lost);
  addEventListener("online", () => void attempt());
  document.addEventListener("midline:unreachable", lost);
  if (!navigator.onLine) lost();
}
