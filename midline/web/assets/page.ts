/** What several behaviours ask of the page: words in the reader's language, icons, and who may be focused. */

let words: Record<string, string> | undefined;

/** The sentence `key` in the reader's language with `%(name)s` filled in; sent by the server in #ml-words. */
export function word(key: string, values: Record<string, string | number> = {}): string {
  if (!words) {
    const sent = document.getElementById("ml-words")?.textContent;
    words = sent ? (JSON.parse(sent) as Record<string, string>) : {};
  }
  return (words[key] ?? key).replace(/%\((\w+)\)s/g, (_, name: string) => String(values[name] ?? ""));
}

const FOCUSABLE =
  'a[href], button:not([disabled]), input:not([disabled]):not([type="hidden"]), select:not([disabled]), textarea:not([disabled]), [tabindex]:not([tabindex="-1"])';

/** What can be focused inside `root`, in document order, hidden parts left out. */
export function focusable(root: ParentNode): HTMLElement[] {
  return [...root.querySelectorAll<HTMLElement>(FOCUSABLE)].filter((element) => element.checkVisibility());
}

/** Whether the event comes from a place where people type, so that single keys must not act. */
export function isTyping(event: Event): boolean {
  const target = event.target;
  if (!(target instanceof HTMLElement)) return false;
  if (
    target.isContentEditable ||
    target instanceof HTMLTextAreaElement ||
    target instanceof HTMLSelectElement
  )
    return true;
  return (
    target instanceof HTMLInputElement &&
    !["checkbox", "radio", "button", "submit", "range"].includes(target.type)
  );
}

/** An icon of the sprite, hidden from screen readers. */
export function icon(name: string, size = ""): SVGSVGElement {
  const namespace = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(namespace, "svg");
  svg.setAttribute("class", size ? `i i-${size}` : "i");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(namespace, "use");
  use.setAttribute("href", `${document.documentElement.dataset.icons ?? ""}#i-${name}`);
  svg.append(use);
  return svg;
}

/** The token that Django asks of every POST. */
export function csrfToken(): string {
  return document.querySelector<HTMLMetaElement>('meta[name="csrf-token"]')?.content ?? "";
}
