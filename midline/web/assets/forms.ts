/**
 * Forms. A field is checked when it is left, never while it is first typed in; a wrong one is checked again at each change.
 * On sending, wrong fields are summed up on top, linked, and the summary takes the focus. One press sends once.
 *
 * form[data-dirty]: its [data-save] buttons wait for a change. form[data-guard]: leaving with changes asks. form[data-again]: may be
 * sent again (downloads). fieldset[data-enabled-by="a b"]: disabled until the boxes with these ids are ticked.
 * [data-autosubmit]: a change sends the form. [data-reveal="id"]: shows what a password field holds.
 */
import { word } from "./page.ts";
import { showSummary } from "./summary.ts";

type Control = HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement;

const before = new WeakMap<HTMLFormElement, string>();

function isControl(target: EventTarget | null): target is Control {
  return (
    target instanceof HTMLInputElement ||
    target instanceof HTMLSelectElement ||
    target instanceof HTMLTextAreaElement
  );
}

function labelOf(control: Control): string {
  const field = control.closest(".ml-field");
  const label = field?.querySelector("legend") ?? control.labels?.[0] ?? field?.querySelector("label");
  const text = label?.querySelector("[data-label]")?.textContent ?? label?.textContent ?? control.name;
  return text.trim();
}

/** Radio buttons are one field: the first of a name speaks for all. */
function isFirst(form: HTMLFormElement, control: Control): boolean {
  return control.type !== "radio" || form.querySelector(`[name="${CSS.escape(control.name)}"]`) === control;
}

/** Field, value and remedy, in a sentence; a field's own words (data-error) go first. */
function complaint(control: Control): string {
  const { validity } = control;
  if (validity.valid) return "";
  const own = control.dataset.error;
  if (own) return own;
  const value = control.value;
  const field = labelOf(control);
  const input = control instanceof HTMLInputElement ? control : null;
  if (validity.valueMissing && input?.type === "checkbox") return word("not_ticked");
  if (validity.valueMissing) return word(input?.type === "radio" ? "not_chosen" : "missing", { field });
  if (validity.typeMismatch && input?.type === "email") return word("no_email", { value });
  if (validity.rangeOverflow)
    return word("too_much", { value, min: input?.min ?? "", max: input?.max ?? "" });
  if (validity.rangeUnderflow)
    return word("too_little", { value, min: input?.min ?? "", max: input?.max ?? "" });
  if (validity.tooLong)
    return word("too_long", { n: value.length, max: (control as HTMLInputElement).maxLength });
  if (validity.tooShort) return word("too_short", { min: (control as HTMLInputElement).minLength });
  if (validity.badInput) return word("no_number", { field });
  return control.title || control.validationMessage;
}

function errorOf(field: Element, control: Control): HTMLElement {
  const known = field.querySelector<HTMLElement>(".ml-error");
  if (known) return known;
  const template = document.querySelector<HTMLTemplateElement>("#ml-error");
  const error = template?.content.firstElementChild?.cloneNode(true) as HTMLElement;
  error.id = `${control.id || control.name}_error`;
  field.append(error);
  return error;
}

/** Shows or clears what is wrong with one control; returns the sentence. */
function check(control: Control): string {
  const field = control.closest(".ml-field");
  const text = complaint(control);
  if (!field || (!text && !field.querySelector(".ml-error"))) return text;
  const error = errorOf(field, control);
  const words = error.querySelector("[data-text]") ?? error;
  words.textContent = text;
  error.hidden = text === "";
  if (text) control.setAttribute("aria-invalid", "true");
  else control.removeAttribute("aria-invalid");
  const others = (control.getAttribute("aria-describedby") ?? "")
    .split(/\s+/)
    .filter((id) => id && id !== error.id);
  control.setAttribute("aria-describedby", (text ? [...others, error.id] : others).join(" "));
  return text;
}

function state(form: HTMLFormElement): string {
  return JSON.stringify(
    [...new FormData(form)].map(([name, value]) => [name, typeof value === "string" ? value : value.name]),
  );
}

function changed(form: HTMLFormElement): boolean {
  return before.has(form) && before.get(form) !== state(form);
}

function follow(form: HTMLFormElement): void {
  if (form.dataset.dirty === undefined) return;
  const dirty = changed(form);
  for (const button of form.querySelectorAll<HTMLButtonElement>("[data-save]")) button.disabled = !dirty;
  for (const part of form.querySelectorAll<HTMLElement>("[data-when-changed]")) part.hidden = !dirty;
}

function enable(): void {
  for (const fieldset of document.querySelectorAll<HTMLFieldSetElement>("fieldset[data-enabled-by]")) {
    const boxes = (fieldset.dataset.enabledBy ?? "").split(" ").map((id) => document.getElementById(id));
    fieldset.disabled = !boxes.every((box) => box instanceof HTMLInputElement && box.checked);
  }
}

function free(form: HTMLFormElement): void {
  delete form.dataset.sent;
  for (const button of form.querySelectorAll<HTMLButtonElement>("button[data-busy]")) {
    delete button.dataset.busy;
    button.removeAttribute("aria-disabled");
  }
}

function onSubmit(event: SubmitEvent): void {
  const form = event.target;
  if (!(form instanceof HTMLFormElement) || form.method === "dialog") return;
  const submitter = event.submitter instanceof HTMLButtonElement ? event.submitter : null;
  if (!submitter?.formNoValidate && !form.hasAttribute("data-unchecked")) {
    const controls = [...form.elements]
      .filter(isControl)
      .filter((one) => one.willValidate && isFirst(form, one));
    const wrong = controls
      .map((control) => ({ control, text: check(control) }))
      .filter(({ text }) => text !== "");
    if (wrong.length > 0) {
      event.preventDefault();
      event.stopImmediatePropagation();
      showSummary(
        form,
        wrong.map(({ control, text }) => ({ control, label: labelOf(control), text })),
      );
      return;
    }
  }
  if (form.dataset.again !== undefined || form.method === "get") return;
  if (form.dataset.sent !== undefined) {
    event.preventDefault();
    event.stopImmediatePropagation();
    return;
  }
  form.dataset.sent = "";
  if (submitter) {
    submitter.dataset.busy = "";
    submitter.setAttribute("aria-disabled", "true");
  }
}

function prepare(root: ParentNode): void {
  for (const form of root.querySelectorAll("form")) {
    form.noValidate = true;
    if (!before.has(form)) before.set(form, state(form));
    follow(form);
  }
  for (const box of root.querySelectorAll<HTMLInputElement>("input[data-some]")) box.indeterminate = true;
  enable();
}

function reveal(button: HTMLElement): void {
  const field = document.getElementById(button.dataset.reveal ?? "");
  if (!(field instanceof HTMLInputElement)) return;
  const shown = field.type === "text";
  field.type = shown ? "password" : "text";
  button.setAttribute("aria-pressed", String(!shown));
}

export function startForms(): void {
  prepare(document);
  document.querySelector<HTMLElement>(".ml-summary[role=alert]")?.focus();
  document.addEventListener("submit", onSubmit, true);
  document.addEventListener("focusout", (event) => {
    const control = event.target;
    if (
      !isControl(control) ||
      !control.willValidate ||
      control.type === "checkbox" ||
      control.type === "radio"
    )
      return;
    // A press on a button of the form checks everything; an error shown now would move the button from under the press.
    const next = event.relatedTarget;
    if (next instanceof HTMLButtonElement && next.form !== null && next.form === control.form) return;
    if (control.value !== control.getAttribute("value") && control.value !== "") check(control);
  });
  const edited = (event: Event) => {
    const control = event.target;
    if (!isControl(control)) return;
    if (control.getAttribute("aria-invalid") === "true") check(control);
    if (control.form) follow(control.form);
    enable();
    if (event.type === "change" && control.dataset.autosubmit !== undefined) control.form?.requestSubmit();
  };
  document.addEventListener("input", edited);
  document.addEventListener("change", edited);
  document.addEventListener("reset", (event) => setTimeout(() => follow(event.target as HTMLFormElement)));
  document.addEventListener("click", (event) => {
    const button = (event.target as Element).closest?.<HTMLElement>("[data-reveal]");
    if (button) reveal(button);
  });
  document.addEventListener("htmx:after:swap", () => {
    prepare(document);
    document.querySelector<HTMLElement>(".ml-summary[role=alert]:not([data-seen])")?.focus();
  });
  document.addEventListener("htmx:finally:request", (event) => {
    const form = (event.target as Element).closest?.("form");
    if (form) free(form);
  });
  addEventListener("pageshow", () => document.querySelectorAll("form").forEach(free));
  addEventListener("beforeunload", (event) => {
    const unsaved = [...document.querySelectorAll<HTMLFormElement>("form[data-guard]")];
    if (unsaved.some((form) => changed(form) && form.dataset.sent === undefined)) event.preventDefault();
  });
}
