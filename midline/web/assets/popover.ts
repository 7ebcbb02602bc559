/**
 * Popovers and menus on the native popover: `<button popovertarget="id">`, `<div id="id" popover class="ml-pop">`.
 * Esc and a click outside close it and focus comes back, as the browser does. Added here: the place, 6 px from its button;
 * aria-expanded; focus in; arrow keys in menus (`data-menu`); and content that is fetched when it opens (`data-src` on the button).
 */
import { load } from "./htmx.ts";
import { focusable } from "./page.ts";

const GAP = 6;
const EDGE = 8;
const buttons = new WeakMap<HTMLElement, HTMLElement>();

function place(popover: HTMLElement): void {
  const button = buttons.get(popover);
  if (!button?.isConnected) return;
  const from = button.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = popover;
  const right = popover.dataset.align === "right" || from.left + width > innerWidth - EDGE;
  const left = right ? from.right - width : from.left;
  const below = from.bottom + GAP;
  const above = from.top - GAP - height;
  const top = below + height > innerHeight - EDGE && above >= EDGE ? above : below;
  popover.style.left = `${Math.max(EDGE, Math.min(left, innerWidth - width - EDGE))}px`;
  popover.style.top = `${Math.max(EDGE, Math.min(top, innerHeight - height - EDGE))}px`;
}

function openPopovers(): HTMLElement[] {
  return [...document.querySelectorAll<HTMLElement>("[popover]:popover-open")];
}

async function opened(popover: HTMLElement): Promise<void> {
  const button = buttons.get(popover);
  button?.setAttribute("aria-expanded", "true");
  place(popover);
  const source = button?.dataset.src;
  if (source) {
    const body = popover.querySelector<HTMLElement>("[data-body]") ?? popover;
    await load(source, body);
    if (!popover.matches(":popover-open")) return;
    place(popover);
  }
  if (!popover.contains(document.activeElement)) {
    const first = popover.querySelector<HTMLElement>("[autofocus]") ?? focusable(popover)[0];
    first?.focus({ preventScroll: true });
  }
}

function moveInMenu(popover: HTMLElement, event: KeyboardEvent): void {
  const items = focusable(popover);
  const at = items.indexOf(document.activeElement as HTMLElement);
  const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: items.length - 1 }[event.key];
  if (to === undefined || items.length === 0) return;
  event.preventDefault();
  items.at(to % items.length)?.focus();
}

export function startPopovers(): void {
  document.addEventListener(
    "click",
    (event) => {
      const button = (event.target as Element).closest?.<HTMLElement>("[popovertarget]");
      const popover = button && document.getElementById(button.getAttribute("popovertarget") ?? "");
      if (button && popover) buttons.set(popover, button);
    },
    true,
  );
  document.addEventListener(
    "toggle",
    (event) => {
      const popover = event.target;
      if (!(popover instanceof HTMLElement) || !popover.hasAttribute("popover")) return;
      if ((event as ToggleEvent).newState === "open") {
        void opened(popover);
        popover.dispatchEvent(new CustomEvent("midline:open", { bubbles: true }));
      } else {
        buttons.get(popover)?.setAttribute("aria-expanded", "false");
        popover.dispatchEvent(new CustomEvent("midline:closed", { bubbles: true }));
      }
    },
    true,
  );
  document.addEventListener("keydown", (event) => {
    const popover = (event.target as Element).closest?.<HTMLElement>("[popover][data-menu]");
    if (popover) moveInMenu(popover, event);
  });
  document.addEventListener("click", (event) => {
    const close = (event.target as Element).closest?.("[data-close-popover]");
    close?.closest<HTMLElement>("[popover]")?.hidePopover();
  });
  const again = () => openPopovers().forEach(place);
  addEventListener("resize", again);
  document.addEventListener("scroll", again, { capture: true, passive: true });
  document.addEventListener("htmx:after:swap", again);
}
