/** htmx 4, and what happens when an answer is not a fragment: signed out meanwhile, gone, or a fault. */
import htmx from "htmx.org";
import { showFault } from "./dialog.ts";
import { word } from "./page.ts";

interface Answer {
  ctx?: { response?: { raw: Response; status: number }; text?: string };
}

/** 409 and 422 are answers to show where they belong; htmx swaps them. The rest of 4xx and 5xx is told in a dialog. */
const SHOWN_IN_PLACE = new Set([409, 422]);

document.addEventListener("htmx:before:response", (event) => {
  const raw = (event as CustomEvent<Answer>).detail.ctx?.response?.raw;
  if (raw?.redirected && new URL(raw.url).pathname.startsWith("/account/login")) {
    event.preventDefault();
    location.reload();
  }
});

document.addEventListener("htmx:response:error", (event) => {
  const ctx = (event as CustomEvent<Answer>).detail.ctx;
  const status = ctx?.response?.status ?? 0;
  if (SHOWN_IN_PLACE.has(status)) return;
  showFault(status, ctx?.text ?? "");
});

document.addEventListener("htmx:error", (event) => {
  const error = (event as CustomEvent<{ error?: Error }>).detail.error;
  if (error instanceof TypeError) document.dispatchEvent(new CustomEvent("midline:unreachable"));
});

/** Loads `address` into `target`, with a line of words when nothing came. */
export async function load(address: string, target: HTMLElement): Promise<void> {
  target.setAttribute("aria-busy", "true");
  try {
    await htmx.ajax("GET", address, { target, swap: "innerHTML" });
  } catch {
    target.textContent = word("not_loaded");
  } finally {
    target.removeAttribute("aria-busy");
  }
}

export default htmx;
