/** Keeps the drawn picture in step with the state, and turns clicks on the models into wishes. Loaded only when 3D can work. */
import { Matrix4, Vector3 } from "three";
import { ContactMap } from "../contacts/contactmap.ts";
import type { ToothContacts } from "../contacts/field.ts";
import type { Overlay } from "../format/overlay.ts";
import type { Camera, Plan, Vec3 } from "../format/plan.ts";
import type { Words } from "../format/strings.ts";
import { iprInSight } from "../format/timeline.ts";
import { buccalDirections } from "../scene/anatomy.ts";
import { Ghost } from "../scene/ghost.ts";
import type { Frame } from "../scene/lens.ts";
import { AttachmentMarkers } from "../scene/markers.ts";
import { type Hit, Model } from "../scene/model.ts";
import { Reductions } from "../scene/reductions.ts";
import { Stage } from "../scene/stage.ts";
import { Grid } from "../tools/grid.ts";
import { Ruler } from "../tools/measure.ts";
import { Midline } from "../tools/midline.ts";
import { Plates } from "../tools/plates.ts";
import { onPress } from "./pressing.ts";
import { type Changed, type State, type Store, visibleArches, wantedOutline, wholeStage } from "./state.ts";

/** Turned further than this from a named view, it is that view no more (cosine of 2°). */
const SAME_VIEW = 0.9994;
/** Room for the controls that float at the corners. */
const MARGIN = { wide: { width: 36, height: 62 }, narrow: { width: 12, height: 52 } };
const NARROW = 640;

export interface Wishes {
  readonly openPin: (id: number) => void;
  readonly place: (hit: Hit, point: Vector3, normal: Vector3) => void;
  readonly contacts: (stage: number, contacts: readonly ToothContacts[]) => void;
  readonly noContacts: () => void;
  readonly lost: () => void;
  readonly restored: () => void;
}

/** Another version as it was fetched: its models beside what the server said of them. */
interface Laid {
  readonly overlay: Overlay;
  readonly model: Model;
  readonly markers: AttachmentMarkers;
}

export class Picture {
  private readonly stage: Stage;
  private readonly plates: Plates;
  private readonly ruler: Ruler;
  private readonly grid: Grid;
  private readonly midline: Midline;
  private readonly laid = new Map<number, Laid>();
  private ghost: Ghost | null = null;
  private contactMap: ContactMap | null = null;
  private markers: AttachmentMarkers | null = null;
  private reductions: Reductions | null = null;
  private viewDirection: Vector3 | null = null;
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
    this.midline = new Midline(this.stage, box);
    this.plates = new Plates(this.stage, over, words, wishes.openPin);
    this.ruler = new Ruler(this.stage, over, words);
    this.stage.onDrawn = () => this.follow();
    this.stage.onRest = () => void this.plates.look([]);
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

  /** three's own count of what it holds on the graphics card. */
  get memory(): { geometries: number; textures: number } {
    return this.stage.renderer.info.memory;
  }

  get teethVisible(): number {
    return this.stage.model?.teeth().filter((part) => part.node.visible).length ?? 0;
  }

  /** Read a file and show it in place of what is there; camera, stage and selection stay. Ends once it is drawn. Raises for a broken file. */
  async show(bytes: ArrayBuffer): Promise<void> {
    const model = await Model.read(bytes, this.plan, this.stage.palette);
    if (this.disposed) {
      model.dispose();
      return;
    }
    const first = this.stage.model === null;
    if (this.ghost?.source === this.stage.model) this.dropGhost();
    this.contactMap?.dispose();
    this.contactMap = null;
    this.markers?.dispose();
    this.stage.replaceModel(model);
    this.markers = new AttachmentMarkers(model, this.plan.attachments, this.stage.palette);
    this.reductions?.dispose();
    this.reductions = new Reductions(model, this.stage.palette);
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

  /** Keep another version at hand: for its outline, or to be shown in place of this one. Raises for a broken file. */
  async lay(overlay: Overlay, bytes: ArrayBuffer): Promise<void> {
    const model = await Model.read(bytes, overlay, this.stage.palette);
    if (this.disposed || this.laid.has(overlay.version)) {
      model.dispose();
      return;
    }
    const markers = new AttachmentMarkers(model, overlay.attachments, this.stage.palette);
    model.root.visible = false;
    this.stage.scene.add(model.root);
    model.root.applyMatrix4(new Matrix4().fromArray(overlay.matrix));
    model.root.updateMatrixWorld(true);
    this.laid.set(overlay.version, { overlay, model, markers });
    this.update(this.store.state, null);
  }

  /** How many teeth are outlined now. */
  get outlined(): number {
    return this.stage.ghost === null ? 0 : (this.ghost?.count ?? 0);
  }

  /** What stands on the models: attachments without and with a shape in them, strips of IPR. */
  get marks(): { markers: number; shapes: number; strips: number } {
    return { ...(this.markers?.shown ?? { markers: 0, shapes: 0 }), strips: this.reductions?.count ?? 0 };
  }

  private dropGhost(): void {
    this.stage.ghost = null;
    this.ghost?.dispose();
    this.ghost = null;
  }

  /** Bring the outline up to date: another source makes another ghost, another stage only moves it. */
  private outline(model: Model, state: State): void {
    const wanted = wantedOutline(state);
    const laid = wanted && wanted.version !== null ? this.laid.get(wanted.version) : undefined;
    const source = wanted?.version === null ? model : laid?.model;
    if (!wanted || !source) {
      this.stage.ghost = null;
      return;
    }
    if (this.ghost?.source !== source) {
      this.dropGhost();
      this.ghost = new Ghost(source);
    }
    const stage = wanted.stage === "same" ? state.stage : wanted.stage;
    this.ghost.update(model, stage, visibleArches(state));
    this.stage.ghost = this.ghost.scene;
  }

  /** While the contact map is on and the models rest at a stage, have its contacts worked out. */
  private contacts(model: Model, state: State): void {
    if (!state.tools.contacts || state.comparison || state.playing || !Number.isInteger(state.stage)) return;
    this.contactMap ??= new ContactMap(
      model,
      (stage, contacts) => {
        this.wishes.contacts(stage, contacts);
        this.tint(model, this.store.state);
        this.stage.invalidate();
      },
      this.wishes.noContacts,
    );
    this.contactMap.want(state.stage);
  }

  /** Show this version's models, or those of the one it is compared with. */
  private chooseModel(model: Model, state: State): void {
    const other = state.comparison && state.compared === "other" ? state.comparison.with : null;
    const arches = visibleArches(state);
    for (const [version, laid] of this.laid) {
      laid.model.root.visible = version === other;
      if (version !== other) continue;
      laid.model.setStage(state.stage);
      for (const arch of ["upper", "lower"] as const) laid.model.show(arch, arches[arch]);
      laid.markers.update(state.tools.attachments, wholeStage(state));
      this.tint(laid.model, state);
    }
    model.root.visible = other === null || !this.laid.has(other);
  }

  /** From where the models are looked at now. */
  camera(): Camera {
    const { direction, target, height_mm } = this.stage.lens.where();
    const { upper, lower } = visibleArches(this.store.state);
    return { direction: direction.toArray(), target: target.toArray(), height_mm, upper, lower };
  }

  /** Look from where somebody else looked. */
  stand({ direction, target, height_mm }: Camera): void {
    this.stage.lens.stand(new Vector3(...direction), new Vector3(...target), height_mm);
    this.viewDirection = this.store.state.view ? this.stage.lens.direction() : null;
    this.stage.invalidate();
  }

  /** Turn to a tooth's cheek side, unless it is in sight already. */
  reveal(fdi: number): void {
    const { model } = this.stage;
    const part = model?.tooth(fdi);
    const outward = part && model && buccalDirections(model).get(part.plan.key);
    if (!part || !outward || outward.dot(this.stage.lens.direction()) > 0.35) return;
    this.stage.look(outward.clone().setZ(0.1).normalize(), this.margin());
    this.viewDirection = null;
    this.store.change({ view: null });
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
    if (any("stage", "tools", "arches", "alone", "comparison", "compared", "selected", "onlyChanged"))
      this.chooseModel(model, state);
    if (any("stage", "tools", "arches", "alone", "comparison", "compared", "outlined"))
      this.outline(model, state);
    if (any("tools", "stage")) {
      this.markers?.update(state.tools.attachments, wholeStage(state));
      this.stage.palette.shapesInColour.value = Number(state.tools.attachments);
    }
    if (any("tools", "stage", "arches", "alone", "numbering", "comparison", "compared")) this.ipr(state);
    if (any("tools", "stage", "playing", "comparison")) this.contacts(model, state);
    if (any("selected", "comparison", "onlyChanged", "tools") || (state.tools.contacts && any("stage")))
      this.tint(model, state);
    if (any("tools", "selected", "numbering", "comparison")) {
      const { comparison } = state;
      const only = comparison && comparison.teeth.length > 0 ? new Set(comparison.teeth) : null;
      this.plates.setNumbers(state.tools.numbers, state.numbering, state.selected, only);
    }
    if (any("comparison", "compared", "numbering"))
      this.plates.setGone(this.gonePlaces(state), state.numbering);
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

  private tint(model: Model, { selected, comparison, onlyChanged, tools, stage }: State): void {
    const { palette } = this.stage;
    // Paint of another stage would lie, so the map shows only where it is true.
    const painted = tools.contacts && !comparison && this.contactMap?.painted === stage;
    const changed = new Set(comparison?.teeth);
    for (const part of model.teeth()) {
      const { fdi } = part.plan;
      let material = palette.tooth;
      if (painted && model === this.contactMap?.model) material = palette.contact;
      else if (fdi !== null && fdi === selected) material = palette.selected;
      else if (fdi !== null && changed.has(fdi)) material = palette.changed;
      else if (comparison && onlyChanged) material = palette.aside;
      for (const mesh of part.meshes) mesh.material = material;
    }
  }

  /** IPR that is due at the stage and the one that comes next, at their contacts; the models of another version carry none of it. */
  private ipr(state: State): void {
    const other = state.comparison !== null && state.compared === "other";
    const wanted = state.tools.ipr && !other ? iprInSight(this.plan.ipr, wholeStage(state)) : [];
    this.plates.setIpr(this.reductions?.show(wanted) ?? [], state.numbering);
  }

  /** Where attachments of the other version sat that this one has no more. */
  private gonePlaces({ comparison, compared }: State): ReturnType<AttachmentMarkers["places"]> {
    const laid = comparison && this.laid.get(comparison.with);
    if (!laid || compared === "other") return [];
    return laid.markers.places().filter(({ fdi }) => comparison.gone.includes(fdi));
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
    this.midline.place(this.store.state.view);
  }

  private listen(): void {
    onPress(this.canvas, (x, y) => this.click(x, y));
    this.canvas.addEventListener("webglcontextlost", (event) => {
      event.preventDefault();
      if (!this.disposed) this.wishes.lost();
    });
    this.canvas.addEventListener("webglcontextrestored", () => {
      this.wishes.restored();
      this.stage.invalidate();
    });
  }

  private click(x: number, y: number): void {
    const { tools, comparison, compared } = this.store.state;
    const other = comparison && compared === "other" ? this.laid.get(comparison.with)?.model : undefined;
    const hit = this.stage.pickAt(x, y, other);
    if (!hit) return;
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
    this.dropGhost();
    this.contactMap?.dispose();
    this.markers?.dispose();
    this.reductions?.dispose();
    for (const { model, markers } of this.laid.values()) {
      markers.dispose();
      model.dispose();
    }
    for (const piece of [this.plates, this.ruler, this.grid, this.midline]) piece.dispose();
    this.stage.dispose();
    this.canvas.remove();
  }
}
