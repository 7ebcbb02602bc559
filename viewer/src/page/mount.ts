/** Brings the viewer to life in a page: data in, state, page parts, files, picture; and takes it out again. */
import { mostMoved } from "../format/movement.ts";
import { neighbour } from "../format/numbering.ts";
import { pinInHash } from "../format/pins.ts";
import {
  type Arch,
  NUMBERINGS,
  type Numbering,
  type Plan,
  readPins,
  type Vec3,
  type ViewName,
} from "../format/plan.ts";
import { Words } from "../format/strings.ts";
import { lastStage } from "../format/timeline.ts";
import { Comparing } from "./comparing.ts";
import { ContactTable } from "./contacttable.ts";
import { DueStrip } from "./duestrip.ts";
import { Fallback } from "./fallback.ts";
import { fetchFull, fetchModel, Unavailable } from "./files.ts";
import { Keys } from "./keys.ts";
import { Message } from "./message.ts";
import { OutlineForm } from "./outlineform.ts";
import { Overlays } from "./overlays.ts";
import { Panel } from "./panel.ts";
import type { Picture, Wishes } from "./picture.ts";
import { PinForm } from "./pinform.ts";
import { PlayBar } from "./playbar.ts";
import { Player } from "./player.ts";
import {
  archSwitched,
  type State,
  Store,
  TOOLS,
  type Tool,
  toolSwitched,
  viewed,
  visibleArches,
  wholeStage,
} from "./state.ts";
import { canDraw } from "./webgl.ts";

function layer(className: string): HTMLElement {
  const element = document.createElement("div");
  element.className = className;
  return element;
}

function pressed(tool: Tool): boolean {
  return document.querySelector(`[data-tool=${tool}]`)?.getAttribute("aria-pressed") === "true";
}

function firstState(plan: Plan): State {
  const markedInPage = document.querySelector<HTMLElement>("[data-tooth][aria-pressed=true]")?.dataset.tooth;
  const tools = Object.fromEntries(TOOLS.map((tool) => [tool, pressed(tool)])) as Record<Tool, boolean>;
  const narrow = window.matchMedia("(width < 40rem)").matches;
  return {
    stage: 0,
    playing: false,
    view: "front",
    arches: { upper: true, lower: true },
    alone: null,
    // On a phone numbers would cover the teeth; they are a tool away.
    tools: { ...tools, measure: false, pin: false, numbers: tools.numbers && !narrow },
    selected: markedInPage ? Number(markedInPage) : mostMoved(plan.movements),
    numbering: plan.numbering,
    pins: plan.pins,
    shownPin: null,
    draft: null,
    movement: "total",
    outlined: { version: null, stage: 0 },
    comparison: null,
    compared: "both",
    onlyChanged: false,
  };
}

export class Viewer {
  /** Why there is no picture, or null. */
  failure: string | null = null;
  readonly ready: Promise<void>;
  private readonly over = layer("mv-over");
  private readonly message: Message;
  private readonly panel: Panel;
  private readonly playBar: PlayBar;
  private readonly pinForm: PinForm;
  private readonly keys: Keys;
  private readonly overlays: Overlays;
  private readonly comparing: Comparing;
  private readonly outlineForm: OutlineForm;
  private readonly due: DueStrip;
  private readonly contactTable: ContactTable;
  private readonly fallback: Fallback;
  readonly player: Player;
  readonly store: Store;
  private readonly words: Words;
  private picture: Picture | null = null;
  private memory: Picture["memory"] | null = null;
  private readonly leaving = new AbortController();

  /** Raises PlanError when the block does not follow the contract. */
  constructor(
    private readonly root: HTMLElement,
    private readonly plan: Plan,
  ) {
    this.words = new Words(plan.strings, document.documentElement.lang || undefined);
    this.store = new Store(firstState(plan));
    this.player = new Player(this.store, lastStage(plan));
    this.over.append(layer("mv-seat"));
    root.prepend(this.over);
    this.message = new Message(this.over, this.words.say("retry"));
    this.panel = new Panel(plan, this.words, this.store);
    this.playBar = new PlayBar(plan, this.words, this.store, this.player);
    this.pinForm = new PinForm(this.words, this.store);
    this.keys = new Keys(root, this.store, this.player);
    this.overlays = new Overlays(plan, this.store, this.leaving.signal, (text, retry) =>
      this.message.show(this.words.say(text), { retry, kind: "hint" }),
    );
    this.comparing = new Comparing(root, plan, this.words, this.store, this.player, (fdi) =>
      this.picture?.reveal(fdi),
    );
    this.fallback = new Fallback(root, plan, this.words, this.store);
    this.contactTable = new ContactTable(plan, this.words, this.store);
    this.due = new DueStrip(plan, this.words, this.store);
    this.outlineForm = new OutlineForm(plan, this.words, this.store);
    this.store.listen((state, changed) => {
      this.buttons(state);
      if (changed.has("stage") || changed.has("selected") || changed.has("numbering")) this.tell(state);
      if (changed.has("tools")) this.hint(state);
    });
    this.listen();
    this.fallback.planned();
    this.refresh();
    this.ready = this.load();
  }

  private refresh(): void {
    this.buttons(this.store.state);
    this.panel.refresh();
    this.playBar.refresh();
    this.pinForm.refresh();
    this.comparing.refresh();
    this.outlineForm.refresh();
    this.due.refresh();
    this.contactTable.refresh();
  }

  private async load(): Promise<void> {
    if (!canDraw()) {
      this.fail(this.words.say("no_webgl"));
      return;
    }
    this.message.soon(this.words.say("loading"));
    let full: Promise<ArrayBuffer | null>;
    try {
      const preview = fetchModel(this.plan.files.preview, this.leaving.signal);
      preview.catch(() => {});
      const { Picture } = await import("./picture.ts");
      const picture = this.picture ?? this.openPicture(Picture);
      const bytes = await preview;
      full = fetchFull(this.plan.files, this.leaving.signal);
      await picture.show(bytes);
    } catch (error) {
      this.fault(error, this.words.say("failed"), () => void this.load());
      return;
    }
    this.live();
    this.overlays.use(this.picture);
    void this.loadFull(full);
  }

  private openPicture(Kind: typeof Picture): Picture {
    const canvas = document.createElement("canvas");
    canvas.className = "mv-canvas";
    canvas.role = "img";
    canvas.ariaLabel = this.words.say("canvas", { case: this.plan.case, version: this.plan.version });
    this.root.prepend(canvas);
    const wishes: Wishes = {
      openPin: (id) => this.openPin(id, "viewer"),
      place: (hit, point, normal) =>
        this.choose(hit.part.plan.key, point.toArray(), normal.toArray(), hit.part.plan.fdi),
      contacts: (stage, contacts) => this.contactTable.tell(stage, contacts),
      noContacts: () => this.message.show(this.words.say("failed_contacts"), { kind: "hint" }),
      lost: () => this.message.show(this.words.say("context_lost")),
      restored: () => this.message.clear(),
    };
    try {
      this.picture = new Kind(canvas, this.root, this.over, this.plan, this.words, this.store, wishes);
      this.memory = this.picture.memory;
    } catch (error) {
      canvas.remove();
      throw error;
    }
    return this.picture;
  }

  /** The fine models take the preview's place without a word; only their failure is told. */
  private async loadFull(coming?: Promise<ArrayBuffer | null>): Promise<void> {
    try {
      const bytes = await (coming ?? fetchFull(this.plan.files, this.leaving.signal));
      if (!bytes) return;
      await this.picture?.show(bytes);
      this.message.clear();
      this.hint(this.store.state);
    } catch (error) {
      this.fault(error, this.words.say("failed_full"), () => void this.loadFull());
    }
  }

  private live(): void {
    this.failure = null;
    this.message.clear();
    this.root.toggleAttribute("data-live", true);
    this.fallback.show(false, this.store.state);
    const id = pinInHash(location.hash);
    if (id !== null) this.openPin(id, "viewer");
  }

  private fault(error: unknown, text: string, retry: () => void): void {
    if (this.leaving.signal.aborted) return;
    if (error instanceof Unavailable) this.fail(this.words.say("unavailable"));
    else if (this.root.hasAttribute("data-live")) {
      // There is a picture to look at: the fault stands beside it.
      this.message.show(text, { retry: () => this.again(retry), kind: "hint" });
    } else this.fail(text, () => this.again(retry));
  }

  private again(retry: () => void): void {
    this.message.soon(this.words.say("loading"));
    retry();
  }

  private fail(text: string, retry?: () => void): void {
    this.failure = text;
    this.overlays.use(null);
    this.picture?.dispose();
    this.picture = null;
    this.root.toggleAttribute("data-live", false);
    this.fallback.show(true, this.store.state);
    this.message.show(text, retry ? { retry } : { kind: this.plan.pictures.size > 0 ? "beside" : "fault" });
  }

  private hint({ tools }: State): void {
    if (!this.root.hasAttribute("data-live")) return;
    if (tools.pin) this.message.show(this.words.say("pin_hint"), { kind: "hint" });
    else if (tools.measure) this.message.show(this.words.say("measure_hint"), { kind: "hint" });
    else this.message.clear();
  }

  private buttons(state: State): void {
    const press = (selector: string, on: boolean) => {
      for (const button of document.querySelectorAll(selector)) button.ariaPressed = String(on);
    };
    const arches = visibleArches(state);
    for (const view of ["front", "right", "left", "upper", "lower"])
      press(`[data-view=${view}]`, state.view === view);
    for (const arch of ["upper", "lower"] as const) press(`[data-arch=${arch}]`, arches[arch]);
    for (const tool of TOOLS) press(`[data-tool=${tool}]`, state.tools[tool]);
    for (const button of document.querySelectorAll<HTMLElement>("[data-tool=attachments]")) {
      const shapes = this.plan.attachments.some((item) => item.shape_at);
      button.title = this.words.say(shapes ? "attachments_tip_shapes" : "attachments_tip");
    }
  }

  private told = { stage: -1, selected: null as number | null, numbering: "" };

  /** What other parts of the page may want to know. */
  private tell({ selected, numbering, ...state }: State): void {
    const stage = wholeStage(state);
    const before = this.told;
    this.told = { stage, selected, numbering };
    if (stage !== before.stage) this.send("midline:stage", { stage });
    if (selected !== before.selected) this.send("midline:select", { fdi: selected });
    if (numbering !== before.numbering) this.send("midline:numbering", { numbering });
  }

  private send(name: string, detail: object): void {
    this.root.dispatchEvent(new CustomEvent(name, { bubbles: true, detail }));
  }

  /** A place was clicked in pin mode: tell the page, then fill its form. */
  private choose(part: string, point: Vec3, normal: Vec3, fdi: number | null): void {
    const { state } = this.store;
    const camera = this.picture?.camera() ?? null;
    const place = { part, point, normal, stage: wholeStage(state), view: state.view, camera, fdi };
    this.send("midline:pin", place);
    this.player.stop();
    this.store.change({
      stage: place.stage,
      draft: place,
      selected: fdi ?? state.selected,
      tools: { ...state.tools, pin: false },
    });
  }

  /** Go to where a comment was made. The page hears of it when the click was in the picture. */
  openPin(id: number, from: "viewer" | "page"): void {
    const { state } = this.store;
    const pin = state.pins.find((candidate) => candidate.id === id);
    if (!pin) return;
    const arch = this.plan.parts.find((part) => part.key === pin.part)?.arch;
    this.player.go(pin.stage);
    const { camera } = pin;
    const seen = camera ? { upper: camera.upper, lower: camera.lower } : state.arches;
    const arches = arch ? { ...seen, [arch]: true } : seen;
    const alone = pin.view ? (viewed(pin.view).alone ?? null) : null;
    this.store.change({ selected: pin.fdi ?? state.selected, shownPin: id, arches, alone });
    if (pin.view || camera) this.store.change({ view: pin.view });
    if (camera) this.picture?.stand(camera);
    else if (!pin.view) this.picture?.face(pin.part, pin.normal);
    if (from === "viewer") this.send("midline:pin-open", { id });
  }

  select(fdi: number | null): void {
    this.store.change({ selected: fdi });
  }

  private listen(): void {
    const { signal } = this.leaving;
    document.addEventListener("click", (event) => this.click(event), { signal });
    document.addEventListener(
      "change",
      ({ target }) => {
        if (target instanceof HTMLSelectElement && target.matches("[data-numbering]"))
          this.setNumbering(target.value);
      },
      { signal },
    );
    this.root.addEventListener("midline:refresh", () => this.refresh(), { signal });
    this.root.addEventListener(
      "midline:show-pin",
      (event) => this.openPin(Number((event as CustomEvent<{ id: number }>).detail.id), "page"),
      { signal },
    );
    this.root.addEventListener(
      "midline:pins",
      (event) => {
        const detail: unknown = (event as CustomEvent<unknown>).detail;
        const pins = readPins(Array.isArray(detail) ? detail : (detail as { pins: unknown }).pins);
        this.store.change({ pins, draft: null });
      },
      { signal },
    );
  }

  private setNumbering(wanted: string | undefined): void {
    const numbering: Numbering | undefined = NUMBERINGS.find((known) => known === wanted);
    if (numbering) this.store.change({ numbering });
  }

  /** One listener for every button, wherever the page has put it or will put it. */
  private click(event: MouseEvent): void {
    const button = event.target instanceof Element ? event.target.closest<HTMLElement>("button, a") : null;
    if (!button) return;
    const { store, player } = this;
    const { view, arch, tool, step, go, tooth, toothStep, numbering, showPin, movementMode } = button.dataset;
    const teeth = this.plan.parts.flatMap((part) => part.fdi ?? []);
    if (view) store.change(viewed(view as ViewName));
    else if (arch) store.change(archSwitched(store.state, arch as Arch));
    else if (tool) store.change(toolSwitched(store.state, tool as Tool));
    else if (step) player.step(Number(step));
    else if (go) player.go(go === "end" ? player.last : 0);
    else if (tooth) this.select(Number(tooth));
    else if (toothStep) this.select(neighbour(teeth, store.state.selected, toothStep === "-1" ? -1 : 1));
    else if (showPin) this.openPin(Number(showPin), "page");
    else if (numbering) this.setNumbering(numbering);
    else if (movementMode) store.change({ movement: movementMode === "stage" ? "stage" : "total" });
    else if ("play" in button.dataset) player.toggle();
    else if ("pinClear" in button.dataset) store.change({ draft: null });
  }

  /** What is drawn, or null where nothing can be. */
  get drawing(): Picture | null {
    return this.picture;
  }

  /** What the graphics card holds for this viewer; nothing once it was left. */
  get onCard(): { geometries: number; textures: number } {
    return { geometries: this.memory?.geometries ?? 0, textures: this.memory?.textures ?? 0 };
  }

  /** Stop everything and free the graphics card. The tables keep what they show. */
  dispose(): void {
    this.leaving.abort();
    this.player.stop();
    this.keys.dispose();
    this.comparing.dispose();
    this.outlineForm.dispose();
    this.overlays.use(null);
    this.picture?.dispose();
    this.picture = null;
    this.over.remove();
    this.root.toggleAttribute("data-live", false);
    this.fallback.show(true, this.store.state);
  }
}
