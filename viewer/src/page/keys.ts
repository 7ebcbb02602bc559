/** The viewer's keys. They never act while somebody types, and each can be switched off. */
import type { ViewName } from "../format/plan.ts";
import { VIEW_NAMES } from "../format/plan.ts";
import type { Player } from "./player.ts";
import { archSwitched, type Store, type Tool, toolSwitched, viewed } from "./state.ts";

const TYPING = "input, textarea, select, [contenteditable]:not([contenteditable=false]), [role=textbox]";
/** Widgets in which arrows, Home and End already mean something. */
const ARROWS_TAKEN =
  "[role=tablist], [role=menu], [role=listbox], [role=radiogroup], [role=grid], [role=slider]";
const PRESSED_BY_SPACE =
  "button, summary, [role=button], [role=tab], [role=switch], [role=checkbox], [role=menuitem]";
const TOOL_KEYS: Record<string, Tool> = { s: "superimpose", n: "numbers", p: "pin", m: "measure" };

/** The name a key has in `data-keys-off`, or null when the viewer has no use for it here. */
export function keyName(event: Pick<KeyboardEvent, "key" | "ctrlKey" | "altKey" | "metaKey">): string | null {
  if (event.ctrlKey || event.altKey || event.metaKey) return null;
  const name = event.key === " " ? "space" : event.key.toLowerCase();
  const known = [
    "space",
    "arrowleft",
    "arrowright",
    "home",
    "end",
    "escape",
    "u",
    "l",
    ...Object.keys(TOOL_KEYS),
  ];
  return known.includes(name) || (/^[1-5]$/.test(name) && name.length === 1) ? name : null;
}

export class Keys {
  private readonly listener = (event: KeyboardEvent) => this.press(event);

  constructor(
    private readonly root: HTMLElement,
    private readonly store: Store,
    private readonly player: Player,
  ) {
    document.addEventListener("keydown", this.listener);
  }

  dispose(): void {
    document.removeEventListener("keydown", this.listener);
  }

  private off(name: string): boolean {
    const { keys, keysOff = "" } = this.root.dataset;
    return (
      keys === "off" ||
      keysOff
        .toLowerCase()
        .split(/[\s,]+/)
        .includes(name)
    );
  }

  private press(event: KeyboardEvent): void {
    const name = keyName(event);
    const target = event.target instanceof Element ? event.target : document.body;
    if (event.defaultPrevented || name === null || target.closest(TYPING)) return;
    // An open dialog has the keyboard to itself.
    if (target.closest("dialog[open], [role=dialog], [popover]:popover-open")) return;
    if (name === "escape") {
      this.leave();
      return;
    }
    if (this.off(name)) return;
    if (name === "space" && target.closest(PRESSED_BY_SPACE)) return;
    if (/^(arrow|home|end)/.test(name) && target.closest(ARROWS_TAKEN)) return;
    if (event.repeat && !name.startsWith("arrow")) return;
    this.act(name);
    event.preventDefault();
  }

  private leave(): void {
    const { tools } = this.store.state;
    if (tools.pin || tools.measure) this.store.change({ tools: { ...tools, pin: false, measure: false } });
  }

  private act(name: string): void {
    const { store, player } = this;
    const tool = TOOL_KEYS[name];
    const view: ViewName | undefined = VIEW_NAMES[Number(name) - 1];
    if (tool) store.change(toolSwitched(store.state, tool));
    else if (view) store.change(viewed(view));
    else if (name === "space") player.toggle();
    else if (name === "arrowleft") player.step(-1);
    else if (name === "arrowright") player.step(1);
    else if (name === "home") player.go(0);
    else if (name === "end") player.go(player.last);
    else if (name === "u") store.change(archSwitched(store.state, "upper"));
    else if (name === "l") store.change(archSwitched(store.state, "lower"));
  }
}
