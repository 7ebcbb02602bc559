/** Fetches another version once it is wanted, and hands it to the picture: never before, since most readers look at one version. */
import { type Overlay, readOverlay } from "../format/overlay.ts";
import type { Plan } from "../format/plan.ts";
import type { WordKey } from "../format/strings.ts";
import { fetchModel, Unavailable } from "./files.ts";
import type { Picture } from "./picture.ts";
import type { State, Store } from "./state.ts";

export class Overlays {
  private picture: Picture | null = null;
  private readonly asked = new Set<number>();

  constructor(
    private readonly plan: Plan,
    private readonly store: Store,
    private readonly leaving: AbortSignal,
    private readonly fault: (text: WordKey, retry: () => void) => void,
  ) {
    store.listen((state, changed) => {
      if (changed.has("tools") || changed.has("outlined") || changed.has("comparison")) this.want(state);
    });
  }

  /** The picture to serve from now on; null when there is none. */
  use(picture: Picture | null): void {
    this.picture = picture;
    this.asked.clear();
    if (picture) this.want(this.store.state);
  }

  private want({ tools, outlined, comparison }: State): void {
    const version = comparison ? comparison.with : tools.superimpose ? outlined.version : null;
    if (version !== null && this.picture && !this.asked.has(version)) void this.fetch(version, this.picture);
  }

  private async fetch(version: number, picture: Picture): Promise<void> {
    const address = this.plan.others.find((other) => other.version === version)?.overlay;
    if (!address) return;
    this.asked.add(version);
    try {
      const overlay = await this.overlay(address);
      this.say(overlay);
      await picture.lay(overlay, await fetchModel(overlay.model, this.leaving));
    } catch (error) {
      this.asked.delete(version);
      if (this.leaving.aborted) return;
      console.error(error);
      if (error instanceof Unavailable) this.fault("unavailable", () => {});
      else this.fault("failed_overlay", () => this.want(this.store.state));
    }
  }

  private async overlay(address: string): Promise<Overlay> {
    const answer = await fetch(address, { signal: this.leaving, headers: { Accept: "application/json" } });
    if (answer.redirected || [401, 403, 404, 410].includes(answer.status)) throw new Unavailable(address);
    if (!answer.ok) throw new Error(`${address}: ${answer.status}`);
    return readOverlay(await answer.json());
  }

  /** How the versions were laid over each other stands in the page, beside what it is true of. */
  private say(overlay: Overlay): void {
    for (const place of document.querySelectorAll("[data-overlay-words]")) place.textContent = overlay.words;
  }
}
