/**
 * Filters and saved views of a list. On a phone `[data-filter]`, which opens a popover elsewhere, opens the drawer of all filters.
 * `[data-view-counts="address"]`: the counts of saved views are fetched once the page stands, and put where `[data-view-count="id"]` is.
 */

function onPhone(): boolean {
  return matchMedia("(max-width: 767px)").matches;
}

async function count(address: string): Promise<void> {
  const places = [...document.querySelectorAll<HTMLElement>("[data-view-count]")];
  if (places.length === 0) return;
  const answer = await fetch(address, { headers: { Accept: "application/json" } }).catch(() => null);
  if (!answer?.ok || answer.redirected) return;
  const counts = (await answer.json()) as Record<string, string>;
  for (const place of places) {
    const words = counts[place.dataset.viewCount ?? ""];
    if (words === undefined) continue;
    place.textContent = words;
    place.hidden = false;
  }
}

export function startFilters(): void {
  document.addEventListener(
    "click",
    (event) => {
      const chip = (event.target as Element).closest?.("[data-filter]");
      const all = document.querySelector<HTMLElement>("[data-filters]");
      if (!chip || !all || !onPhone()) return;
      event.preventDefault();
      event.stopPropagation();
      all.click();
    },
    true,
  );
  const counts = document.querySelector<HTMLElement>("[data-view-counts]")?.dataset.viewCounts;
  if (counts) void count(counts);
  document
    .querySelector("nav.ml-tabs [aria-current]")
    ?.scrollIntoView({ block: "nearest", inline: "nearest" });
}
