/**
 * Writing in a conversation: `[data-compose]` is its form. Ctrl+Enter sends it, and the forms that correct a comment.
 * An @ offers the people of `#conversation-people`; arrows choose, Enter or Tab takes, Esc leaves. `[data-reply]` answers a comment.
 */

function send(event: KeyboardEvent): void {
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
  const form = (event.target as Element).closest?.<HTMLFormElement>("#conversation form");
  if (!form) return;
  event.preventDefault();
  form.requestSubmit();
}

// --- people ---------------------------------------------------------------------------------------------------------

const plain = (text: string) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

function people(): string[] {
  return JSON.parse(document.getElementById("conversation-people")?.textContent ?? "[]") as string[];
}

/** What is typed behind the last @ before the caret, and where the @ stands; null where no name is begun. */
export function begun(text: string, caret: number): { from: number; typed: string } | null {
  const from = text.lastIndexOf("@", caret - 1);
  if (from < 0 || /[\p{L}\p{N}]/u.test(text[from - 1] ?? "")) return null;
  const typed = text.slice(from + 1, caret);
  return typed.length > 40 || /[\n@]/.test(typed) ? null : { from, typed };
}

/** Those whose name, or a part of it, begins as was typed. */
export function matching(names: string[], typed: string): string[] {
  const start = plain(typed);
  return names.filter((name) => {
    const known = plain(name);
    return known.startsWith(start) || known.split(/\s+/).some((part) => part.startsWith(start));
  });
}

interface Names {
  list: HTMLElement;
  text: HTMLTextAreaElement;
}

/** The list of names and the words beside it: of the field that is written in, or of the one for a new comment. */
function parts(near: Element | null = document.activeElement): Names | null {
  const box = near?.closest("#conversation [data-names]") ?? document.querySelector("#compose [data-names]");
  const list = box?.querySelector<HTMLElement>("[role=listbox]");
  const text = box?.querySelector("textarea");
  return list && text ? { list, text } : null;
}

function close(list: HTMLElement, text: HTMLTextAreaElement): void {
  list.hidden = true;
  list.replaceChildren();
  text.removeAttribute("aria-activedescendant");
}

function choose(list: HTMLElement, text: HTMLTextAreaElement, index: number): void {
  const options = [...list.children];
  options.forEach((option, n) => {
    option.setAttribute("aria-selected", String(n === index));
    if (n === index) {
      text.setAttribute("aria-activedescendant", option.id);
      option.scrollIntoView({ block: "nearest" });
    }
  });
}

function offer(): void {
  const found = parts();
  if (!found) return;
  const { list, text } = found;
  const name = begun(text.value, text.selectionStart);
  const names = name ? matching(people(), name.typed) : [];
  if (!name || names.length === 0 || names.includes(name.typed)) {
    close(list, text);
    return;
  }
  list.replaceChildren(
    ...names.slice(0, 20).map((words, n) => {
      const option = document.createElement("li");
      option.id = `${list.id}-${n}`;
      option.role = "option";
      option.className =
        "ml-option flex min-h-8 cursor-pointer items-center rounded-md px-2 text-sm max-sm:min-h-11";
      option.textContent = words;
      return option;
    }),
  );
  list.hidden = false;
  choose(list, text, 0);
}

function take(name: string): void {
  const found = parts();
  const at = found && begun(found.text.value, found.text.selectionStart);
  if (!found || !at) return;
  const { list, text } = found;
  text.setRangeText(`@${name} `, at.from, text.selectionStart, "end");
  close(list, text);
  text.focus();
}

function keys(event: KeyboardEvent): void {
  const found = parts();
  if (!found || found.list.hidden || event.target !== found.text || event.isComposing) return;
  const { list, text } = found;
  const options = [...list.children];
  const at = options.findIndex((option) => option.getAttribute("aria-selected") === "true");
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    choose(list, text, (at + (event.key === "ArrowDown" ? 1 : -1) + options.length) % options.length);
  } else if ((event.key === "Enter" && !event.ctrlKey && !event.metaKey) || event.key === "Tab") {
    take(options[at]?.textContent ?? "");
  } else if (event.key === "Escape") {
    close(list, text);
  } else {
    return;
  }
  event.preventDefault();
  event.stopPropagation();
}

// --- answers --------------------------------------------------------------------------------------------------------

function answer(id: string, name: string): void {
  const form = document.querySelector<HTMLFormElement>("[data-compose]");
  const input = form?.querySelector<HTMLInputElement>("input[name=reply_to]");
  if (!form || !input) return;
  input.value = id;
  const chip = form.querySelector<HTMLElement>("[data-reply-chip]");
  if (chip) chip.hidden = !id;
  const words = form.querySelector<HTMLElement>("[data-reply-words]");
  if (words) words.textContent = name;
  form.querySelector("textarea")?.focus();
}

// --- corrections ----------------------------------------------------------------------------------------------------

let putOff = false;

/** Whether a comment is being corrected at this moment: the thread is not replaced under the hands of who writes. */
function correcting(): boolean {
  const forms = document.querySelectorAll<HTMLFormElement>("#thread details[open] form");
  return [...forms].some((form) => form.contains(document.activeElement) || [...form.elements].some(touched));
}

function touched(field: Element): boolean {
  if (field instanceof HTMLTextAreaElement) return field.value !== field.defaultValue;
  if (!(field instanceof HTMLInputElement)) return false;
  return field.type === "file" ? Boolean(field.files?.length) : field.checked !== field.defaultChecked;
}

interface Asked {
  ctx?: { request?: { method?: string } };
}

function keepCorrections(event: Event): void {
  const method = (event as CustomEvent<Asked>).detail.ctx?.request?.method ?? "";
  if ((event.target as Element).id !== "conversation" || method.toUpperCase() !== "GET" || !correcting())
    return;
  event.preventDefault();
  putOff = true;
}

function catchUp(): void {
  if (!putOff || correcting()) return;
  putOff = false;
  document.body.dispatchEvent(new CustomEvent("midline:changed-conversation"));
}

// --- the place of the keyboard --------------------------------------------------------------------------------------

let place = { article: "", control: "" };

/** Where the keyboard stands in the thread before it is replaced. */
function keepPlace(): void {
  const focused = document.activeElement?.closest<HTMLElement>("#thread article[id] *");
  const control = focused?.closest("[data-reply]") ? "[data-reply]" : "[data-edit]";
  place = { article: focused?.closest("article[id]")?.id ?? "", control };
}

/** Back to it, when what had the focus is gone: to the same comment, else to the thread. */
function restorePlace(): void {
  if (!place.article || document.activeElement !== document.body) return;
  const article = document.getElementById(place.article);
  const there =
    article?.querySelector<HTMLElement>(place.control) ?? article?.querySelector<HTMLElement>("a");
  (there ?? document.getElementById("thread"))?.focus({ preventScroll: true });
  place = { article: "", control: "" };
}

// --- files ----------------------------------------------------------------------------------------------------------

/** The names of what goes along, beside the way to leave it out again. */
function chosen(input: HTMLInputElement): void {
  const chip = input.form?.querySelector<HTMLElement>("[data-files-chip]");
  const words = chip?.querySelector<HTMLElement>("[data-files-words]");
  if (!chip || !words) return;
  chip.hidden = !input.files?.length;
  words.textContent = [...(input.files ?? [])].map((file) => file.name).join(", ");
}

export function startCompose(): void {
  document.addEventListener("change", (event) => {
    const input = event.target;
    if (input instanceof HTMLInputElement && input.dataset.files !== undefined) chosen(input);
  });
  document.addEventListener("keydown", keys, true);
  document.addEventListener("keydown", send);
  document.addEventListener("htmx:before:request", keepCorrections);
  // Once more when the answer is there: who began to write in between is not interrupted either.
  document.addEventListener("htmx:before:swap", keepCorrections);
  document.addEventListener("htmx:before:swap", keepPlace);
  document.addEventListener("htmx:after:swap", restorePlace);
  document.addEventListener("toggle", () => setTimeout(catchUp), true);
  document.addEventListener("focusout", () => setTimeout(catchUp));
  document.addEventListener("input", (event) => {
    if (event.target === parts()?.text) offer();
  });
  document.addEventListener("focusout", (event) => {
    const found = parts(event.target as Element);
    if (found && event.target === found.text) close(found.list, found.text);
  });
  document.addEventListener("mousedown", (event) => {
    const option = (event.target as Element).closest?.("[data-names] [role=option]");
    if (!option) return;
    event.preventDefault();
    take(option.textContent ?? "");
  });
  document.addEventListener("click", (event) => {
    const target = event.target as Element;
    const reply = target.closest<HTMLElement>("[data-reply]");
    if (reply && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      answer(reply.dataset.reply ?? "", reply.dataset.replyName ?? "");
    } else if (target.closest("[data-reply-clear]")) {
      answer("", "");
    } else if (target.closest("[data-files-clear]")) {
      const input = target.closest("form")?.querySelector<HTMLInputElement>("[data-files]");
      if (!input) return;
      input.value = "";
      chosen(input);
      input.focus();
    } else if (target.closest("[data-mention]")) {
      const text = parts(target)?.text;
      if (!text) return;
      const before = text.value.slice(0, text.selectionStart);
      text.focus();
      text.setRangeText(/\S$/.test(before) ? " @" : "@", text.selectionStart, text.selectionEnd, "end");
      offer();
    }
  });
}
