/** `<time data-ago datetime="…">`: the words of the server, kept true while the page is open, in the reader's own time zone. */
import { word } from "./page.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** "Now", "12 min", "3 h", "Yesterday", "14 Nov", "14 Nov 2025"; the same rule as `ago` in templatetags/midline.py. */
export function ago(moment: Date, now: Date, language: string, say = word): string {
  const past = now.getTime() - moment.getTime();
  const days = Math.round((startOfDay(now) - startOfDay(moment)) / (24 * HOUR));
  if (past >= 0 && past < MINUTE) return say("now");
  if (past >= 0 && past < HOUR) return say("minutes", { n: Math.floor(past / MINUTE) });
  if (past >= 0 && (days === 0 || past < 6 * HOUR)) return say("hours", { n: Math.floor(past / HOUR) });
  if (days === 1) return say("yesterday");
  const sameYear = moment.getFullYear() === now.getFullYear();
  return new Intl.DateTimeFormat(language === "en" ? "en-GB" : language, {
    day: "numeric",
    month: "short",
    ...(sameYear ? {} : { year: "numeric" }),
  }).format(moment);
}

function startOfDay(moment: Date): number {
  return new Date(moment.getFullYear(), moment.getMonth(), moment.getDate()).getTime();
}

export function startTimes(): void {
  const language = document.documentElement.lang || "en";
  const exact = new Intl.DateTimeFormat(language === "en" ? "en-GB" : language, {
    dateStyle: "long",
    timeStyle: "short",
  });
  const tell = () => {
    const now = new Date();
    for (const time of document.querySelectorAll<HTMLTimeElement>("time[data-ago]")) {
      const moment = new Date(time.dateTime);
      if (Number.isNaN(moment.getTime())) continue;
      const words = ago(moment, now, language);
      if (time.textContent !== words) time.textContent = words;
      time.title = exact.format(moment);
    }
  };
  tell();
  setInterval(tell, 30_000);
  document.addEventListener("htmx:after:swap", tell);
}
