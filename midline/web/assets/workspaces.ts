/** The account menu: what is in each workspace ("3 practices, 148 cases") is asked when the menu is first opened. */

export function startWorkspaces(): void {
  const menu = document.querySelector<HTMLElement>("[data-workspaces]");
  const ask = async () => {
    const answer = await fetch(menu?.dataset.workspaces ?? "", {
      headers: { Accept: "application/json" },
    }).catch(() => null);
    if (!answer?.ok || answer.redirected) return;
    const facts = (await answer.json()) as Record<string, string>;
    for (const place of menu?.querySelectorAll<HTMLElement>("[data-facts]") ?? [])
      place.textContent = facts[place.dataset.facts ?? ""] ?? "";
  };
  menu?.addEventListener("midline:open", () => void ask(), { once: true });
}
