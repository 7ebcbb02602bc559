/** The summary of what is wrong, on top of a form: the same markup as components/error_summary.html. */
import { icon, word } from "./page.ts";

interface Wrong {
  control: HTMLElement;
  label: string;
  text: string;
}

function line({ control, label, text }: Wrong, at: number): HTMLLIElement {
  if (!control.id) control.id = `ml-field-${at}`;
  const link = document.createElement("a");
  link.className = "font-medium text-stop underline underline-offset-2";
  link.href = `#${control.id}`;
  link.textContent = label;
  link.addEventListener("click", (event) => {
    event.preventDefault();
    control.focus();
  });
  const words = document.createElement("span");
  words.className = "text-ink-2";
  // The sentence may begin with the field's name already; it is not said twice.
  words.textContent = text.startsWith(`${label} `) ? text.slice(label.length) : ` ${text}`;
  const item = document.createElement("li");
  item.append(link, words);
  return item;
}

/** Puts the summary on top of `form`, in place of an earlier one, and moves the focus to it. */
export function showSummary(form: HTMLFormElement, wrong: Wrong[]): void {
  form.querySelector(".ml-summary")?.remove();
  if (wrong.length === 1) {
    wrong[0]?.control.focus();
    return;
  }
  const summary = document.createElement("div");
  summary.className = "ml-summary mb-5";
  summary.setAttribute("role", "alert");
  summary.tabIndex = -1;
  const sign = document.createElement("span");
  sign.className = "text-stop";
  sign.append(icon("circle-alert"));
  const heading = document.createElement("h3");
  heading.className = "text-sm";
  heading.textContent = word("summary", { n: wrong.length });
  const list = document.createElement("ul");
  list.className = "mt-1.5 grid gap-1 text-sm leading-5";
  list.append(...wrong.map(line));
  const body = document.createElement("div");
  body.append(heading, list);
  summary.append(sign, body);
  form.prepend(summary);
  summary.focus();
}
