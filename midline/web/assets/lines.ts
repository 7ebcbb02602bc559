/** Forms with lines that repeat: `[data-rows]` holds `[data-rows-list]`, a `[data-rows-template]`, `[data-rows-add]`; each `[data-row]` may hold `[data-row-remove]`. */

export function startLines(): void {
  document.addEventListener("click", (event) => {
    const target = event.target as Element;
    const form = target.closest<HTMLElement>("[data-rows]");
    if (!form) return;
    const list = form.querySelector<HTMLElement>("[data-rows-list]");
    if (target.closest("[data-rows-add]")) {
      const template = form.querySelector<HTMLTemplateElement>("template[data-rows-template]");
      const line = template?.content.firstElementChild?.cloneNode(true) as HTMLElement | undefined;
      if (!line || !list) return;
      list.append(line);
      line.querySelector<HTMLElement>("input, select")?.focus();
    } else if (target.closest("[data-row-remove]")) {
      const line = target.closest<HTMLElement>("[data-row]");
      const near = (line?.nextElementSibling ?? line?.previousElementSibling) as HTMLElement | null;
      line?.remove();
      (
        near?.querySelector<HTMLElement>("input, select") ??
        form.querySelector<HTMLElement>("[data-rows-add]")
      )?.focus();
      form.dispatchEvent(new Event("change", { bubbles: true }));
    }
  });
}
