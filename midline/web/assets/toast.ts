/**
 * What was done, bottom left, for 8 seconds, one at a time; waits while hovered or focused. Never an error.
 * The server's messages are there when the page loads; an htmx answer sends the event `midline:toast` with {text, undo}.
 */
import { csrfToken, icon, word } from "./page.ts";

const SECONDS = 8;
let timer = 0;

interface Toast {
  text: string;
  /** Address to which Undo is posted. */
  undo?: string;
}

function undoForm(address: string): HTMLFormElement {
  const form = document.createElement("form");
  form.method = "post";
  form.action = address;
  for (const [name, value] of [
    ["csrfmiddlewaretoken", csrfToken()],
    ["next", location.pathname + location.search],
  ] as const) {
    const input = document.createElement("input");
    input.type = "hidden";
    input.name = name;
    input.value = value;
    form.append(input);
  }
  const button = document.createElement("button");
  button.className =
    "btn btn-xs border-0 bg-transparent shadow-none text-inherit font-semibold underline underline-offset-2";
  button.textContent = word("undo");
  form.append(button);
  return form;
}

function begin(box: HTMLElement, toast: HTMLElement): void {
  clearInterval(timer);
  let left = SECONDS;
  const count = toast.querySelector("[data-seconds]");
  if (count) count.textContent = word("seconds", { n: left });
  timer = window.setInterval(() => {
    if (toast.matches(":hover") || toast.contains(document.activeElement)) return;
    left -= 1;
    if (count) count.textContent = word("seconds", { n: left });
    if (left > 0) return;
    clearInterval(timer);
    box.replaceChildren();
  }, 1000);
}

/** Shows `toast` in place of what stood there. */
export function showToast({ text, undo }: Toast): void {
  const box = document.getElementById("ml-toasts");
  if (!box) return;
  const toast = document.createElement("div");
  toast.className = "ml-toast";
  const words = document.createElement("span");
  words.className = "flex-1";
  words.textContent = text;
  const count = document.createElement("span");
  count.className = "text-xs opacity-70 num pr-1.5";
  count.dataset.seconds = "";
  count.setAttribute("aria-hidden", "true");
  toast.append(icon("check"), words, ...(undo ? [undoForm(undo)] : []), count);
  box.replaceChildren(toast);
  begin(box, toast);
}

/** Tells screen readers alone, in the page's one live region, and leaves a toast that stands there. */
export function say(text: string): void {
  const box = document.getElementById("ml-toasts");
  if (!box) return;
  const words = document.createElement("span");
  words.className = "sr-only";
  words.textContent = text;
  box.append(words);
  setTimeout(() => words.remove(), 5000);
}

export function startToasts(): void {
  const box = document.getElementById("ml-toasts");
  if (!box) return;
  for (const earlier of [...box.children].slice(0, -1)) earlier.remove();
  const sent = box.firstElementChild;
  if (sent instanceof HTMLElement) begin(box, sent);
  document.addEventListener("midline:toast", (event) => {
    const { text, undo } = (event as CustomEvent<Toast>).detail;
    showToast(undo ? { text, undo } : { text });
  });
}
