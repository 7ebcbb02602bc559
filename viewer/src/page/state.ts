/** What the viewer shows now, in one place. Whoever shows a part of it listens; whoever changes it says what changed. */

import type { Comparison, Outlined } from "../format/overlay.ts";
import type { Place } from "../format/pins.ts";
import type { Arch, Numbering, Pin, ViewName } from "../format/plan.ts";

export const TOOLS = [
  "superimpose",
  "numbers",
  "attachments",
  "ipr",
  "contacts",
  "grid",
  "measure",
  "pin",
] as const;
export type Tool = (typeof TOOLS)[number];

/** Which of two versions is drawn: this one, this one with the other as an outline, the other one. */
export type Shown = "this" | "both" | "other";

export interface State {
  /** Fractions while it plays or is dragged; `wholeStage` is what words and tables speak of. */
  readonly stage: number;
  readonly playing: boolean;
  /** null once somebody has turned the models by hand. */
  readonly view: ViewName | null;
  readonly arches: Readonly<Record<Arch, boolean>>;
  /** The arch an occlusal view shows by itself. */
  readonly alone: Arch | null;
  readonly tools: Readonly<Record<Tool, boolean>>;
  readonly selected: number | null;
  readonly numbering: Numbering;
  readonly pins: readonly Pin[];
  readonly shownPin: number | null;
  readonly draft: Place | null;
  /** Whether the movement table tells the way from the start, or the step of the stage alone. */
  readonly movement: "total" | "stage";
  /** What `superimpose` outlines. */
  readonly outlined: Outlined;
  /** What changed since an earlier version, while its list is open. */
  readonly comparison: Comparison | null;
  readonly compared: Shown;
  /** Only the teeth of the comparison stand out. */
  readonly onlyChanged: boolean;
}

export type Changed = ReadonlySet<keyof State>;
type Listener = (state: State, changed: Changed) => void;

export class Store {
  private readonly listeners: Listener[] = [];

  constructor(private current: State) {}

  get state(): State {
    return this.current;
  }

  /** Set what differs and tell every listener once. */
  change(wish: Partial<State>): void {
    const keys = (Object.keys(wish) as (keyof State)[]).filter((key) => wish[key] !== this.current[key]);
    if (keys.length === 0) return;
    this.current = { ...this.current, ...wish };
    const changed = new Set(keys);
    for (const listener of this.listeners) listener(this.current, changed);
  }

  listen(listener: Listener): void {
    this.listeners.push(listener);
  }
}

export function wholeStage(state: Pick<State, "stage">): number {
  return Math.round(state.stage);
}

/** Which arches are drawn: those switched on, but in an occlusal view its own alone. */
export function visibleArches({ arches, alone }: Pick<State, "arches" | "alone">): Record<Arch, boolean> {
  return {
    upper: arches.upper && alone !== "lower",
    lower: arches.lower && alone !== "upper",
  };
}

/** What is to be outlined now: the other version while versions are compared, else what the tool says, else nothing. */
export function wantedOutline(
  state: Pick<State, "tools" | "outlined" | "comparison" | "compared">,
): Outlined | null {
  if (state.comparison)
    return state.compared === "both" ? { version: state.comparison.with, stage: "same" } : null;
  return state.tools.superimpose ? state.outlined : null;
}

/** A named view. The occlusal ones show their arch by itself, or the other arch would stand before it. */
export function viewed(view: ViewName): Partial<State> {
  return { view, alone: view === "upper" || view === "lower" ? view : null };
}

/** Switch an arch by what is seen: one hidden only by the occlusal view comes back, also when the shown one goes. */
export function archSwitched(state: State, arch: Arch): Partial<State> {
  const on = !visibleArches(state)[arch];
  return {
    arches: { ...state.arches, [arch]: on },
    alone: on && state.alone === arch ? arch : null,
  };
}

/** Switch a tool. Measuring and pinning both wait for clicks on the model, so one ends the other. */
export function toolSwitched(state: State, tool: Tool): Partial<State> {
  const tools = { ...state.tools, [tool]: !state.tools[tool] };
  if (tool === "pin" && tools.pin) tools.measure = false;
  if (tool === "measure" && tools.measure) tools.pin = false;
  // Points and pins belong to this version, so its models come back for them.
  if ((tools.pin || tools.measure) && state.compared === "other") return { tools, compared: "both" };
  return { tools };
}
