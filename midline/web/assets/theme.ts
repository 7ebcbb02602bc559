/** Light, dark or as the system has it. The server writes data-theme, so nothing flashes; here a choice shows at once. */

const NAMES: Record<string, string> = { light: "midline", dark: "midline-dark" };

/** Shows the theme `choice` (system, light, dark) on this page; the form that carries it keeps it. */
export function showTheme(choice: string): void {
  const name = NAMES[choice];
  if (name) document.documentElement.dataset.theme = name;
  else delete document.documentElement.dataset.theme;
  for (const button of document.querySelectorAll<HTMLButtonElement>(
    "[data-theme-choice] button[name=theme]",
  )) {
    button.setAttribute("aria-pressed", String(button.value === choice));
  }
  document.dispatchEvent(new CustomEvent("midline:theme", { detail: { choice } }));
}

export function startTheme(): void {
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!(form instanceof HTMLFormElement) || form.dataset.themeChoice === undefined) return;
    const button = (event as SubmitEvent).submitter;
    if (!(button instanceof HTMLButtonElement)) return;
    event.preventDefault();
    const body = new FormData(form);
    body.set("theme", button.value);
    showTheme(button.value);
    void fetch(form.action, { method: "POST", body, credentials: "same-origin" });
  });
}
