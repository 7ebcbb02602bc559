/**
 * Small plates over the picture: tooth numbers and comment pins. Each is fixed to a part, follows it through the stages, and goes
 * when something stands before it.
 */
import { Quaternion, Vector3 } from "three";
import { contactName, toothNumber } from "../format/numbering.ts";
import type { Place } from "../format/pins.ts";
import type { Arch, Numbering, Pin } from "../format/plan.ts";
import type { Words } from "../format/strings.ts";
import { buccalDirections, numberPlaces } from "../scene/anatomy.ts";
import type { Model, ModelPart } from "../scene/model.ts";
import type { Contact } from "../scene/reductions.ts";
import type { Stage } from "../scene/stage.ts";

/** Number plates stand this far off the tooth, over the gingiva, in px. */
const NUMBER_OFFSET = 13;
/** Seen along the teeth, past the bulge of the crown. */
const NUMBER_OFFSET_OCCLUSAL = 24;
/** Above this share of "along the teeth" a view is occlusal. */
const OCCLUSAL = 0.85;
/** Plates nearer than this would cover each other, in px. */
const NUMBER_ROOM = { width: 21, height: 15 };
/** A face turned away further than this is behind, whatever the depth says. */
const TURNED_AWAY = -0.3;

interface Plate {
  readonly element: HTMLElement;
  readonly part: ModelPart;
  readonly local: Vector3;
  /** Out of the surface, in the frame of the part's node. */
  readonly outward: Vector3;
  /** Where a number moves off its tooth, same frame; null for pins, which stand on their point. */
  readonly off: Vector3 | null;
  readonly fdi: number | null;
  inSight: boolean;
}

function span(className: string): HTMLElement {
  const element = document.createElement("span");
  element.className = className;
  element.ariaHidden = "true";
  return element;
}

export class Plates {
  private numbers: Plate[] = [];
  private pins: Plate[] = [];
  private gone: Plate[] = [];
  private ipr: Plate[] = [];
  private only: ReadonlySet<number> | null = null;
  private numbersOn = false;
  private readonly numberLayer = span("mv-numbers");
  private readonly pinLayer = document.createElement("div");

  constructor(
    private readonly stage: Stage,
    layer: HTMLElement,
    private readonly words: Words,
    private readonly openPin: (id: number) => void,
  ) {
    this.pinLayer.className = "mv-pins";
    layer.append(this.numberLayer, this.pinLayer);
  }

  /** Fix the numbers to a new model; pins follow with `setPins`. It must stand at stage 0. */
  attach(model: Model): void {
    const buccal = buccalDirections(model);
    const places = numberPlaces(model, buccal);
    this.numberLayer.replaceChildren();
    this.numbers = model.teeth().flatMap((part) => {
      const world = places.get(part.plan.key);
      const { fdi } = part.plan;
      if (fdi === null || !world) return [];
      const outward = buccal.get(part.plan.key) ?? new Vector3(0, -1, 0);
      const off = new Vector3(0, 0, part.plan.arch === "upper" ? 1 : -1).addScaledVector(outward, 0.8);
      const element = span("ml-tn mv-at");
      this.numberLayer.append(element);
      const toLocal = part.node.getWorldQuaternion(new Quaternion()).invert();
      return {
        element,
        part,
        fdi,
        local: part.node.worldToLocal(world.clone()),
        outward: outward.clone().applyQuaternion(toLocal),
        off: off.applyQuaternion(toLocal),
        inSight: true,
      };
    });
  }

  /** `only`: the teeth that get a number, null for all. */
  setNumbers(
    on: boolean,
    numbering: Numbering,
    selected: number | null,
    only: ReadonlySet<number> | null,
  ): void {
    this.numbersOn = on;
    this.only = only;
    this.numberLayer.hidden = !on;
    for (const { element, fdi } of this.numbers) {
      element.textContent = fdi === null ? "" : toothNumber(fdi, numbering);
      element.toggleAttribute("data-on", fdi === selected);
    }
  }

  /** Rings where attachments were: places in the world as the models stand now. */
  setGone(
    places: readonly { readonly fdi: number; readonly point: Vector3; readonly outward: Vector3 }[],
    numbering: Numbering,
  ): void {
    for (const { element } of this.gone) element.remove();
    this.gone = places.flatMap(({ fdi, point, outward }) => {
      const part = this.stage.model?.tooth(fdi);
      if (!part) return [];
      const element = span("mv-gone mv-at");
      element.title = this.words.say("attachment_gone", { tooth: toothNumber(fdi, numbering) });
      this.pinLayer.parentElement?.append(element);
      const toLocal = part.node.getWorldQuaternion(new Quaternion()).invert();
      return {
        element,
        part,
        fdi,
        local: part.node.worldToLocal(point.clone()),
        outward: outward.clone().applyQuaternion(toLocal),
        off: null,
        inSight: true,
      };
    });
    this.place();
  }

  /** Amounts of IPR before their contacts, as the models stand now. A label that stays keeps its element and whether it is in sight. */
  setIpr(contacts: readonly Contact[], numbering: Numbering): void {
    const before = new Map(this.ipr.map((plate) => [plate.element.title, plate]));
    this.ipr = contacts.map(({ step, due, part, label, outward }) => {
      const amount = this.words.number(step.amount_mm, 2);
      const contact = contactName(step.between, numbering);
      const title = this.words.say("ipr_label", { contact, amount, n: step.before_stage });
      const known = before.get(title);
      before.delete(title);
      const element = known?.element ?? span("mv-ipr mv-at num");
      element.textContent = amount;
      element.title = title;
      element.toggleAttribute("data-ipr-due", due);
      if (!known) this.pinLayer.parentElement?.append(element);
      const toLocal = part.node.getWorldQuaternion(new Quaternion()).invert();
      return {
        element,
        part,
        fdi: null,
        local: part.node.worldToLocal(label.clone()),
        outward: outward.clone().applyQuaternion(toLocal),
        off: null,
        inSight: known?.inSight ?? true,
      };
    });
    for (const { element } of before.values()) element.remove();
    this.place();
  }

  /** `shown` is the pin that was opened last. */
  setPins(pins: readonly Pin[], draft: Place | null, shown: number | null, numbering: Numbering): void {
    const focused = this.pins.find((plate) => plate.element === document.activeElement)?.element.dataset.pin;
    this.pins = pins.flatMap((pin) => this.pinPlate(pin, numbering) ?? []);
    const waiting = draft && this.plateAt(draft, span("ml-pin mv-at mv-draft"));
    if (waiting) {
      waiting.element.textContent = "+";
      waiting.element.title = this.words.say("pin_draft");
      this.pins.push(waiting);
    }
    this.pinLayer.replaceChildren(...this.pins.map((plate) => plate.element));
    if (focused) this.pins.find((plate) => plate.element.dataset.pin === focused)?.element.focus();
    this.markShown(shown);
    this.place();
  }

  markShown(id: number | null): void {
    for (const { element } of this.pins)
      element.toggleAttribute("data-current", element.dataset.pin === String(id));
  }

  private pinPlate(pin: Pin, numbering: Numbering): Plate | null {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "ml-pin mv-at";
    button.textContent = String(pin.number);
    button.dataset.pin = String(pin.id);
    button.toggleAttribute("data-quiet", pin.quiet);
    button.ariaLabel =
      pin.fdi === null
        ? this.words.say("pin_label_no_tooth", { number: pin.number })
        : this.words.say("pin_label", { number: pin.number, tooth: toothNumber(pin.fdi, numbering) });
    button.addEventListener("click", () => this.openPin(pin.id));
    return this.plateAt(pin, button);
  }

  private plateAt(
    place: Pick<Place, "part" | "point" | "normal" | "fdi">,
    element: HTMLElement,
  ): Plate | null {
    const part = this.stage.model?.parts.get(place.part);
    if (!part) return null;
    const { point, normal, fdi } = place;
    return {
      element,
      part,
      fdi,
      local: new Vector3(...point),
      outward: new Vector3(...normal),
      off: null,
      inSight: true,
    };
  }

  /** After a frame: put every plate where its part is now. */
  place(): void {
    const { lens } = this.stage;
    const towards = lens.direction();
    const taken: { x: number; y: number }[] = [];
    const lone = this.loneArch();
    const occlusal = Math.abs(towards.z) > OCCLUSAL;
    const offset = occlusal ? NUMBER_OFFSET_OCCLUSAL : NUMBER_OFFSET;
    for (const plate of this.shownPlates()) {
      const { node } = plate.part;
      const turn = node.getWorldQuaternion(new Quaternion());
      const facing = plate.outward.clone().applyQuaternion(turn).dot(towards);
      const world = node.localToWorld(plate.local.clone());
      const at = this.stage.toScreen(world);
      let { x, y } = at;
      if (plate.off) {
        const tip = this.stage.toScreen(world.add(plate.off.clone().applyQuaternion(turn)));
        const length = Math.hypot(tip.x - x, tip.y - y);
        if (length > 0.5) {
          x += ((tip.x - x) / length) * offset;
          y += ((tip.y - y) / length) * offset;
        }
      }
      // Looking onto the biting side of a single arch, only its own crowns could cover the margin where numbers stand.
      const uncovered = occlusal && plate.off !== null && lone === (towards.z < 0 ? "upper" : "lower");
      let shown = node.visible && at.inside && (plate.inSight || uncovered) && facing > TURNED_AWAY;
      if (shown && plate.off) {
        const { width, height } = NUMBER_ROOM;
        if (taken.some((other) => Math.abs(other.x - x) < width && Math.abs(other.y - y) < height))
          shown = false;
        else taken.push({ x, y });
      }
      plate.element.hidden = !shown;
      plate.element.style.transform = `translate(${x.toFixed(1)}px, ${y.toFixed(1)}px)`;
    }
  }

  /** The arch that is shown by itself, or null. */
  private loneArch(): Arch | null {
    const arches = new Set(
      this.stage.model?.teeth().flatMap((part) => (part.node.visible ? part.plan.arch : [])),
    );
    const [only, other] = arches;
    return other ? null : (only ?? null);
  }

  /** Nearest first, the selected number before all, so that of two close plates the nearer one stays. */
  private shownPlates(): Plate[] {
    const { camera } = this.stage.lens;
    const distance = (plate: Plate) =>
      plate.element.hasAttribute("data-on")
        ? 0
        : plate.part.node.localToWorld(plate.local.clone()).distanceTo(camera.position);
    const { only } = this;
    const wanted = this.numbers.filter(
      ({ fdi, element }) => !only || element.hasAttribute("data-on") || (fdi !== null && only.has(fdi)),
    );
    for (const plate of this.numbers) if (!wanted.includes(plate)) plate.element.hidden = true;
    const numbers = this.numbersOn ? wanted.map((plate) => ({ plate, d: distance(plate) })) : [];
    return [
      ...numbers.sort((a, b) => a.d - b.d).map(({ plate }) => plate),
      ...this.pins,
      ...this.gone,
      ...this.ipr,
    ];
  }

  /** At rest: ask the depth of the picture which plates stand behind something. */
  async look(hidesNothing: Parameters<Stage["occlusion"]["visible"]>[2]): Promise<void> {
    const plates = this.shownPlates();
    if (plates.length === 0) return;
    const points = plates.map((plate) => plate.part.node.localToWorld(plate.local.clone()));
    const { scene, lens, occlusion } = this.stage;
    const inSight = await occlusion.visible(scene, lens.camera, hidesNothing, points);
    if (!inSight) return;
    plates.forEach((plate, i) => {
      plate.inSight = inSight[i] ?? true;
    });
    this.place();
  }

  dispose(): void {
    this.numberLayer.remove();
    for (const { element } of [...this.gone, ...this.ipr]) element.remove();
    this.pinLayer.remove();
  }
}
