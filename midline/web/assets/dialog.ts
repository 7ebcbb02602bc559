/**
 * Dialogs and drawers on the native <dialog>: `<button data-dialog="id">` opens, `[data-close]` and Esc close.
 * A dialog is modal; a drawer (`ml-drawer`) leaves the page alive beside it and is modal on a phone. Focus goes in and comes back.
 * `data-src` on the button fetches the content into `[data-body]`. A click beside a dialog closes it unless it has `data-hold`.
 */
import { load } from "./htmx.ts";
import { focusable, word } from "./page.ts";

const openers = new WeakMap<HTMLDialogElement, HTMLElement>();

function isDrawer(dialog: HTMLDialogElement): boolean {
  return dialog.classList.contains("ml-drawer");
}

/** Opens `dialog`; `from` gets the focus back when it closes. */
export function openDialog(dialog: HTMLDialogElement, from?: HTMLElement | null): void {
  if (dialog.open) return;
  const opener = from ?? (document.activeElement instanceof HTMLElement ? document.activeElement : null);
  if (opener) openers.set(dialog, opener);
  const alive =
    isDrawer(dialog) && dialog.dataset.side !== "left" && matchMedia("(min-width: 768px)").matches;
  if (alive) dialog.show();
  else dialog.showModal();
  opener?.setAttribute("aria-expanded", "true");
  const source = opener?.dataset.src;
  const body = dialog.querySelector<HTMLElement>("[data-body]");
  const focusIn = () => {
    const first =
      dialog.querySelector<HTMLElement>("[autofocus]") ??
      focusable(body ?? dialog)[0] ??
      focusable(dialog)[0];
    first?.focus();
  };
  if (source && body) void load(source, body).then(focusIn);
  else focusIn();
  dialog.dispatchEvent(new CustomEvent("midline:open", { bubbles: true }));
}

function beside(dialog: HTMLDialogElement, event: MouseEvent): boolean {
  const box = dialog.getBoundingClientRect();
  return (
    event.clientX < box.left ||
    event.clientX > box.right ||
    event.clientY < box.top ||
    event.clientY > box.bottom
  );
}

/** Tells a fault that a request in the background met, in the words of the page that the server sent for it. */
export function showFault(status: number, page: string): void {
  const dialog = document.querySelector<HTMLDialogElement>("#ml-fault");
  if (!dialog) return;
  const sent = new DOMParser().parseFromString(page, "text/html");
  const title = sent.querySelector("main h1")?.textContent?.trim();
  const text = sent.querySelector("main [data-fault-text]")?.textContent?.trim().replace(/\s+/g, " ");
  const kind = status >= 500 ? "fault" : "gone";
  const heading = dialog.querySelector("h2");
  const body = dialog.querySelector("[data-fault-text]");
  if (heading) heading.textContent = title || word(`${kind}_title`);
  if (body) body.textContent = text || word(`${kind}_text`);
  openDialog(dialog);
}

function clicked(event: MouseEvent): void {
  const target = event.target as Element;
  const opener = target.closest?.<HTMLElement>("[data-dialog]");
  if (opener) {
    const dialog = document.getElementById(opener.dataset.dialog ?? "");
    if (dialog instanceof HTMLDialogElement && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      opener.closest<HTMLElement>("[popover]")?.hidePopover();
      openDialog(dialog, opener);
    }
    return;
  }
  const closer = target.closest?.("[data-close]");
  if (closer) {
    event.preventDefault();
    closer.closest("dialog")?.close();
    return;
  }
  if (
    target instanceof HTMLDialogElement &&
    target.open &&
    target.dataset.hold === undefined &&
    beside(target, event)
  ) {
    target.close();
  }
}

export function startDialogs(): void {
  document.addEventListener("click", clicked);
  document.addEventListener(
    "close",
    (event) => {
      const dialog = event.target;
      if (!(dialog instanceof HTMLDialogElement)) return;
      const opener = openers.get(dialog);
      if (opener?.hasAttribute("aria-expanded")) opener.setAttribute("aria-expanded", "false");
      if (opener?.isConnected) opener.focus();
      dialog.dispatchEvent(new CustomEvent("midline:closed", { bubbles: true }));
    },
    true,
  );
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || event.defaultPrevented) return;
    const inside = (event.target as Element).closest?.<HTMLDialogElement>("dialog[open]");
    const drawer =
      inside ?? [...document.querySelectorAll<HTMLDialogElement>("dialog.ml-drawer[open]")].at(-1);
    if (drawer && !drawer.matches(":modal")) drawer.close();
  });
  for (const dialog of document.querySelectorAll<HTMLDialogElement>("dialog[data-open]"))
    openDialog(dialog, document.querySelector<HTMLElement>(`[data-dialog="${dialog.id}"]`));
}
