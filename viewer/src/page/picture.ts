/** Keeps the drawn picture in step with the state, and turns clicks on the models into wishes. Loaded only when 3D can work. */
import { Vector3 } from "three";
import type { Plan, Vec3 } from "../format/plan.ts";
import type { Words } from "../format/strings.ts";
import type { Frame } from "../scene/lens.ts";
import { AttachmentMarkers, Ghost } from "../scene/markers.ts";
import { type Hit, Model } from "../scene/model.ts";
import { Stage } from "../scene/stage.ts";
import { Grid } from "../tools/grid.ts";
import { Ruler } from "../tools/measure.ts";
import { Plates } from "../tools/plates.ts";
import { type Changed, type State, type Store, visibleArches, wholeStage } from "./state.ts";

/** A press that moves further than this (px) was meant to turn the models. */
const CLICK_MOVES = 5;
/** Turned further than this from a named view, it is that view no more (cosine of 2°). */
const SAME_VIEW = 0.9994;
/** Room for the controls that float at the corners. */
const MARGIN = { wide: { width: 36, height: 62 }, narrow: { width: 12, height: 52 } };
const NARROW = 640;

export interface Wishes {
  readonly openPin: (id: number) => void;
  readonly place: (hit: Hit, point: Vector3, normal: Vector3) => void;
  readonly lost: () => void;
  readonly restored: () => void;
}

export class Picture {
  private readonly stage: Stage;
  private readonly plates: Plates;
  private readonly ruler: Ruler;
  private readonly grid: Grid;
  private readonly midline = document.createElement("i");
  private ghost: Ghost | null = null;
  private markers: AttachmentMarkers | null = null;
  private viewDirection: Vector3 | null = null;
  private pressed: { x: number; y: number; id: number } | null = null;
  private disposed = false;
  private readonly themeWatch = new MutationObserver(() => this.followTheme());
  private readonly darkness = window.matchMedia("(prefers-color-scheme: dark)");
  private readonly onDark = () => this.followTheme();

  /** Raises an Error when the browser gives no WebGL context. */
  constructor(
    private readonly canvas: HTMLCanvasElement,
    box: HTMLElement,
    over: HTMLElement,
    private readonly plan: Plan,
    words: Words,
    private readonly store: Store,
    private readonly wishes: Wishes,
  ) {
    this.stage = new Stage(canvas, box);
    this.grid = new Grid(this.stage, box);
    this.midline.className = "mv-midline";
    box.prepend(this.midline);
    this.plates = new Plates(this.stage, over, words, wishes.openPin);
    this.ruler = new Ruler(this.stage, over, words);
    this.stage.onDrawn = () => this.follow();
    this.stage.onRest = () => void this.plates.look(this.ghost ? [this.ghost.group] : []);
    this.stage.onResized = () => this.look(this.store.state);
    this.stage.lens.controls.addEventListener("change", () => this.turned());
    this.themeWatch.observe(document.documentElement, { attributeFilter: ["data-theme", "class"] });
    this.darkness.addEventListener("change", this.onDark);
    this.listen();
    store.listen((state, changed) => this.update(state, changed));
  }

  get drawnFrames(): number {
    return this.stage.drawnFrames;
  }

  get teethVisible(): number {
    return this.stage.model?.teeth().filter((part) => part.node.visible).length ?? 0;
  }

  /** Read a file and show it in place of what is there; camera, stage and selection stay. Ends once it is drawn. Raises for a broken file. */
  async show(bytes: ArrayBuffer): Promise<void> {
    const model = await Model.read(bytes, this.plan.parts, this.stage.palette);
    if (this.disposed) {
      model.dispose();
      return;
    }
    const first = this.stage.model === null;
    this.ghost?.dispose();
    this.markers?.dispose();
    this.stage.replaceModel(model);
    this.ghost = new Ghost(model, this.stage.palette);
    this.stage.scene.add(this.ghost.group);
    this.markers = new AttachmentMarkers(model, this.plan.attachments, this.stage.palette);
    this.plates.attach(model);
    this.update(this.store.state, null);
    if (first) this.look(this.store.state);
    await new Promise<void>((drawn) => {
      this.stage.onDrawn = () => {
        this.stage.onDrawn = () => this.follow();
        this.follow();
        drawn();
      };
    });
  }

  /** Turn to a direction when the place chosen there cannot be seen in the present view. */
  face(partKey: string, normal: Vec3): void {
    const node = this.stage.model?.parts.get(partKey)?.node;
    if (!node) return;
    const world = new Vector3(...normal).transformDirection(node.matrixWorld);
    if (world.dot(this.stage.lens.direction()) > 0.35) return;
    // Not from straight above or below, where other teeth stand in the way.
    world.z *= 0.5;
    this.stage.look(world.normalize(), this.margin());
    this.viewDirection = null;
    this.store.change({ view: null });
  }

  private update(state: State, changed: Changed | null): void {
    const { model } = this.stage;
    if (!model || this.disposed) return;
    const any = (...keys: (keyof State)[]) => changed === null || keys.some((key) => changed.has(key));
    const arches = visibleArches(state);
    if (any("stage")) model.setStage(state.stage);
    if (any("arches", "alone"))
      for (const arch of ["upper", "lower"] as const) model.show(arch, arches[arch]);
    if (any("tools", "arches", "alone")) this.ghost?.update(state.tools.superimpose, arches);
    if (any("tools", "stage")) this.markers?.update(state.tools.attachments, wholeStage(state));
    if (any("selected")) this.tint(model, state.selected);
    if (any("tools", "selected", "numbering")) {
      this.plates.setNumbers(state.tools.numbers, state.numbering, state.selected);
    }
    if (any("pins", "draft", "numbering"))
      this.plates.setPins(state.pins, state.draft, state.shownPin, state.numbering);
    else if (any("shownPin")) this.plates.markShown(state.shownPin);
    if (any("tools")) this.useTools(state);
    if (any("view") && state.view) this.look(state);
    this.stage.invalidate();
  }

  private useTools(state: State): void {
    const { tools } = state;
    const changed = this.stage.lens.useOrthographic(tools.grid || tools.measure);
    this.grid.on = tools.grid;
    if (!tools.measure) this.ruler.clear();
    this.canvas.dataset.mode = tools.pin || tools.measure ? "point" : "turn";
    // What perspective drew small at the back now needs its full width.
    if (changed) this.look(state);
  }

  private tint(model: Model, selected: number | null): void {
    const { palette } = this.stage;
    for (const part of model.teeth()) {
      const material = selected !== null && part.plan.fdi === selected ? palette.selected : palette.tooth;
      for (const mesh of part.meshes) mesh.material = material;
    }
  }

  private margin(): Frame {
    return this.stage.size.width < NARROW ? MARGIN.narrow : MARGIN.wide;
  }

  private look({ view }: State): void {
    if (!view || !this.stage.model) return;
    this.viewDirection = null;
    this.stage.look(view, this.margin());
    this.viewDirection = this.stage.lens.direction();
  }

  /** Turned by hand, a named view ends; moving and zooming keep it. */
  private turned(): void {
    if (!this.viewDirection || this.viewDirection.dot(this.stage.lens.direction()) > SAME_VIEW) return;
    this.viewDirection = null;
    this.store.change({ view: null });
  }

  private follow(): void {
    this.plates.place();
    this.ruler.place();
    this.grid.place();
    const { view } = this.store.state;
    this.midline.hidden = view === null || view === "right" || view === "left";
    if (this.midline.hidden) return;
    const { x } = this.stage.toScreen(new Vector3(0, this.stage.lens.controls.target.y, 0));
    this.midline.style.transform = `translateX(${x.toFixed(1)}px)`;
  }

  private listen(): void {
    const { canvas } = this;
    canvas.addEventListener("pointerdown", (event) => {
      const { clientX: x, clientY: y, pointerId: id } = event;
      this.pressed = event.isPrimary && event.button === 0 ? { x, y, id } : null;
    });
    canvas.addEventListener("pointerup", (event) => {
      const from = this.pressed;
      this.pressed = null;
      if (!from || from.id !== event.pointerId) return;
      if (Math.hypot(event.clientX - from.x, event.clientY - from.y) <= CLICK_MOVES) this.click(event);
    });
    canvas.addEventListener("webglcontextlost", (event) => {
      event.preventDefault();
      if (!this.disposed) this.wishes.lost();
    });
    canvas.addEventListener("webglcontextrestored", () => {
      this.wishes.restored();
      this.stage.invalidate();
    });
  }

  private click(event: PointerEvent): void {
    const hit = this.stage.pickAt(event.clientX, event.clientY);
    if (!hit) return;
    const { tools } = this.store.state;
    if (tools.measure) this.ruler.mark(hit);
    else if (tools.pin) {
      const { node } = hit.part;
      const toLocal = node.matrixWorld.clone().invert();
      this.wishes.place(
        hit,
        node.worldToLocal(hit.point.clone()),
        hit.normal.clone().transformDirection(toLocal),
      );
    } else if (hit.part.plan.fdi !== null) this.store.change({ selected: hit.part.plan.fdi });
  }

  private followTheme(): void {
    this.stage.palette.followTheme();
    this.stage.invalidate();
  }

  /** Free the graphics card and leave the page as it was found. */
  dispose(): void {
    this.disposed = true;
    this.themeWatch.disconnect();
    this.darkness.removeEventListener("change", this.onDark);
    this.ghost?.dispose();
    this.markers?.dispose();
    for (const piece of [this.plates, this.ruler, this.grid]) piece.dispose();
    this.midline.remove();
    this.stage.dispose();
    this.canvas.remove();
  }
}
