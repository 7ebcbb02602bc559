/**
 * Fields that save when they are changed: `<div data-autosave="complaint" hx-post="…" hx-sync="this:queue last">` inside a form.
 * A change that waits for the one before it is sent as the form stands then, or it would name a value that is replaced already.
 */
interface Asked {
  ctx?: { request?: { body: unknown } };
}

/** What `form` holds, for one field. */
export function bodyOf(fields: Iterable<[string, FormDataEntryValue]>, field: string): URLSearchParams {
  const body = new URLSearchParams();
  for (const [name, value] of fields) if (typeof value === "string") body.append(name, value);
  body.set("field", field);
  return body;
}

export function startAutosave(): void {
  document.addEventListener("htmx:before:request", (event) => {
    const field = event.target;
    const request = (event as CustomEvent<Asked>).detail.ctx?.request;
    if (!(field instanceof HTMLElement) || !field.dataset.autosave || !request) return;
    const form = field.closest("form");
    if (form) request.body = bodyOf(new FormData(form), field.dataset.autosave);
  });
}
