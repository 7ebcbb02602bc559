/**
 * Sharing. In the popover of a case's collaborators `form[data-sharing]`: [data-shared] says "2 now, 3 after SAVE", [data-sees-text] what a
 * ticked person will see; after SAVE it closes. [data-find-in="id"] hides what does not match among [data-find], and shows [data-find-none]
 * when nothing does. What is selected in a list is the matter of selection.ts.
 */

function follow(form: HTMLFormElement): void {
  const boxes = [...form.querySelectorAll<HTMLInputElement>("input[type=checkbox]")];
  const said = form.querySelector<HTMLElement>("[data-shared]");
  const [now, then] = [boxes.filter((box) => box.defaultChecked), boxes.filter((box) => box.checked)];
  const changed = boxes.some((box) => box.checked !== box.defaultChecked);
  if (said) {
    said.dataset.now ??= said.textContent ?? "";
    said.textContent = changed
      ? (said.dataset.words ?? "").replace("%n", String(then.length))
      : said.dataset.now;
  }
  const added = then.filter((box) => !now.includes(box));
  const text = form.querySelector<HTMLElement>("[data-sees-text]");
  if (!text) return;
  const { several = "", none = "" } = text.dataset;
  text.textContent = added.length > 1 ? several : (added[0]?.dataset.sees ?? none);
}

function find(field: HTMLInputElement): void {
  const words = field.value.trim().toLocaleLowerCase();
  const list = document.getElementById(field.dataset.findIn ?? "");
  let found = 0;
  for (const one of list?.querySelectorAll<HTMLElement>("[data-find]") ?? []) {
    one.hidden = !(one.dataset.find ?? "").toLocaleLowerCase().includes(words);
    if (!one.hidden) found += 1;
  }
  const none = list?.querySelector<HTMLElement>("[data-find-none]");
  if (none) none.hidden = found > 0;
}

export function startSharing(): void {
  for (const part of document.querySelectorAll<HTMLElement>("[data-needs-script]")) part.hidden = false;
  document.addEventListener("change", (event) => {
    const form = (event.target as Element).closest<HTMLFormElement>("form[data-sharing]");
    if (form) follow(form);
  });
  document.addEventListener("input", (event) => {
    const field = event.target;
    if (field instanceof HTMLInputElement && field.dataset.findIn) find(field);
  });
  document.addEventListener("midline:shared", (event) => {
    const { number } = (event as CustomEvent<{ number: string }>).detail;
    document.querySelector<HTMLElement>("[popover]:popover-open:has([data-sharing])")?.hidePopover();
    document.querySelector<HTMLElement>(`#collaborators-${CSS.escape(number)} button`)?.focus();
    // A case page lists the people beside the number.
    document.body.dispatchEvent(new CustomEvent("midline:changed"));
  });
}
