/**
 * The plan of one setup version as the page hands it over: the contract between server and viewer.
 *
 * Names follow the JSON. Everything is checked once here, so the rest of the viewer can trust its types; a wrong value is
 * reported with its path ("parts[3].label_point: …") instead of a broken picture later.
 */

import { fields, integer, list, number, oneOf, optional, PlanError, text, wrong } from "./reading.ts";

export { PlanError } from "./reading.ts";

export type Arch = "upper" | "lower";
export type Kind = "tooth" | "gingiva";
export type Numbering = "fdi" | "universal" | "palmer";
export type ViewName = "front" | "right" | "left" | "upper" | "lower";
export type Vec3 = readonly [number, number, number];

export const VIEW_NAMES: readonly ViewName[] = ["front", "right", "left", "upper", "lower"];
export const NUMBERINGS: readonly Numbering[] = ["fdi", "universal", "palmer"];

export interface Part {
  readonly key: string;
  readonly arch: Arch;
  readonly kind: Kind;
  readonly fdi: number | null;
  /** World position at stage 0 in mm; null when the viewer should work one out. */
  readonly label_point: Vec3 | null;
  readonly moves: boolean;
}

/** Cumulative at that stage: [stage, mesial mm, buccal mm, occlusal mm, rotation °, tip °, torque °]. */
export type MovementRow = readonly [number, number, number, number, number, number, number];

export interface Ipr {
  readonly between: readonly [number, number];
  readonly amount_mm: number;
  readonly before_stage: number;
}

export interface Attachment {
  readonly fdi: number;
  readonly surface: string;
  readonly shape: string;
  readonly size: string;
  readonly added: number;
  /** First stage without it; null when it stays to the end. */
  readonly removed: number | null;
  /** Where the models carry its shape, in the frame of its tooth's node, mm; null where they do not. */
  readonly shape_at: Vec3 | null;
}

/** A tooth that is taken out before a stage; 0 is before the treatment begins. */
export interface Extraction {
  readonly fdi: number;
  readonly before_stage: number;
}

/** From where somebody looked: enough to stand there again on a screen of another size. */
export interface Camera {
  /** From the target towards the eye. */
  readonly direction: Vec3;
  readonly target: Vec3;
  /** How much of the models the picture showed from bottom to top at the target, mm. */
  readonly height_mm: number;
  readonly upper: boolean;
  readonly lower: boolean;
}

/** A comment's place. Point and normal are in the frame of the part's node, in mm, so they follow the tooth. */
export interface Pin {
  readonly id: number;
  readonly number: number;
  readonly part: string;
  readonly point: Vec3;
  readonly normal: Vec3;
  readonly stage: number;
  readonly view: ViewName | null;
  readonly camera: Camera | null;
  readonly fdi: number | null;
  readonly quiet: boolean;
}

/** One of the versions that can be laid over this one. */
export interface Other {
  readonly version: number;
  /** Where its overlay is fetched from. */
  readonly overlay: string;
}

export interface StillPictures {
  readonly start: string | null;
  readonly end: string;
}

export interface Plan {
  readonly case: string;
  readonly version: number;
  readonly stages: Readonly<Record<Arch, number>>;
  readonly numbering: Numbering;
  readonly files: { readonly preview: string; readonly full: string | null };
  readonly accuracy_um: { readonly teeth: number; readonly gingiva: number } | null;
  readonly parts: readonly Part[];
  readonly movements: ReadonlyMap<number, readonly MovementRow[]>;
  readonly reference_point: string;
  readonly ipr: readonly Ipr[];
  readonly attachments: readonly Attachment[];
  readonly extractions: readonly Extraction[];
  readonly pins: readonly Pin[];
  /** Rendered pictures, for where the models cannot be drawn. */
  readonly pictures: ReadonlyMap<ViewName, StillPictures>;
  /** The other versions of the case that this reader sees. */
  readonly others: readonly Other[];
  readonly strings: Readonly<Record<string, string>>;
}

function vec3(value: unknown, path: string): Vec3 {
  const items = list(value, path);
  if (items.length !== 3) wrong(path, "three numbers");
  return [number(items[0], path), number(items[1], path), number(items[2], path)];
}

function part(value: unknown, path: string): Part {
  const f = fields(value, path);
  return {
    key: text(f.key, `${path}.key`),
    arch: oneOf<Arch>(f.arch, ["upper", "lower"], `${path}.arch`),
    kind: oneOf<Kind>(f.kind, ["tooth", "gingiva"], `${path}.kind`),
    fdi: optional(f.fdi, `${path}.fdi`, integer),
    label_point: optional(f.label_point, `${path}.label_point`, vec3),
    moves: f.moves === true,
  };
}

function movementRow(value: unknown, path: string): MovementRow {
  const row = list(value, path).map((item, i) => number(item, `${path}[${i}]`));
  if (row.length !== 7) wrong(path, "seven numbers");
  return row as unknown as MovementRow;
}

function movements(value: unknown): Map<number, readonly MovementRow[]> {
  const byTooth = new Map<number, readonly MovementRow[]>();
  for (const [key, rows] of Object.entries(
    value === undefined || value === null ? {} : fields(value, "movements"),
  )) {
    const path = `movements.${key}`;
    const fdi = integer(Number(key), path);
    const read = list(rows, path).map((row, i) => movementRow(row, `${path}[${i}]`));
    byTooth.set(
      fdi,
      read.toSorted((a, b) => a[0] - b[0]),
    );
  }
  return byTooth;
}

function ipr(value: unknown, path: string): Ipr {
  const f = fields(value, path);
  const between = list(f.between, `${path}.between`);
  if (between.length !== 2) wrong(`${path}.between`, "two teeth");
  return {
    between: [integer(between[0], `${path}.between`), integer(between[1], `${path}.between`)],
    amount_mm: number(f.amount_mm, `${path}.amount_mm`),
    before_stage: integer(f.before_stage, `${path}.before_stage`),
  };
}

function attachment(value: unknown, path: string): Attachment {
  const f = fields(value, path);
  return {
    fdi: integer(f.fdi, `${path}.fdi`),
    surface: text(f.surface ?? "buccal", `${path}.surface`),
    shape: text(f.shape ?? "", `${path}.shape`),
    size: text(f.size ?? "", `${path}.size`),
    added: integer(f.added ?? 0, `${path}.added`),
    removed: optional(f.removed, `${path}.removed`, integer),
    shape_at: optional(f.shape_at, `${path}.shape_at`, vec3),
  };
}

function extraction(value: unknown, path: string): Extraction {
  const f = fields(value, path);
  return {
    fdi: integer(f.fdi, `${path}.fdi`),
    before_stage: integer(f.before_stage, `${path}.before_stage`),
  };
}

/** A camera that cannot be read is none: the pin still has its view and its place. */
function camera(value: unknown): Camera | null {
  if (value === null || value === undefined) return null;
  try {
    const f = fields(value, "camera");
    const height_mm = number(f.height_mm, "camera.height_mm");
    const direction = vec3(f.direction, "camera.direction");
    if (height_mm <= 0 || Math.hypot(...direction) < 1e-6) return null;
    return {
      direction,
      target: vec3(f.target, "camera.target"),
      height_mm,
      upper: f.upper !== false,
      lower: f.lower !== false,
    };
  } catch (error) {
    if (error instanceof PlanError) return null;
    throw error;
  }
}

function pin(value: unknown, path: string): Pin {
  const f = fields(value, path);
  return {
    id: integer(f.id, `${path}.id`),
    number: integer(f.number, `${path}.number`),
    part: text(f.part, `${path}.part`),
    point: vec3(f.point, `${path}.point`),
    normal: vec3(f.normal, `${path}.normal`),
    stage: integer(f.stage, `${path}.stage`),
    view: optional(f.view === "" ? null : f.view, `${path}.view`, (v, p) => oneOf(v, VIEW_NAMES, p)),
    camera: camera(f.camera),
    fdi: optional(f.fdi, `${path}.fdi`, integer),
    quiet: f.quiet === true,
  };
}

export function readParts(value: unknown): Part[] {
  return list(value, "parts").map((item, i) => part(item, `parts[${i}]`));
}

export function readAttachments(value: unknown): Attachment[] {
  return list(value, "attachments").map((item, i) => attachment(item, `attachments[${i}]`));
}

export function readExtractions(value: unknown): Extraction[] {
  return list(value, "extractions").map((item, i) => extraction(item, `extractions[${i}]`));
}

/** Read a list of pins, as in the plan or in the detail of `midline:pins`. Raises PlanError. */
export function readPins(value: unknown): Pin[] {
  return list(value, "pins").map((item, i) => pin(item, `pins[${i}]`));
}

/** Addresses must stay on the origin: a viewer that fetches an address from its data must not be led elsewhere. */
export function localAddress(value: unknown, path: string): string {
  const address = text(value, path);
  const base = "https://viewer.invalid";
  if (!URL.canParse(address, base) || new URL(address, base).origin !== base || address.startsWith("//")) {
    wrong(path, "an address on this site, beginning with /");
  }
  return address;
}

function readOthers(value: unknown): Other[] {
  return list(value, "others").map((item, i) => {
    const f = fields(item, `others[${i}]`);
    return {
      version: integer(f.version, `others[${i}].version`),
      overlay: localAddress(f.overlay, `others[${i}].overlay`),
    };
  });
}

function readPictures(value: unknown): Map<ViewName, StillPictures> {
  const read = new Map<ViewName, StillPictures>();
  for (const [name, pair] of Object.entries(
    value === undefined || value === null ? {} : fields(value, "pictures"),
  )) {
    const path = `pictures.${name}`;
    const f = fields(pair, path);
    read.set(oneOf(name, VIEW_NAMES, path), {
      start: optional(f.start, `${path}.start`, localAddress),
      end: localAddress(f.end, `${path}.end`),
    });
  }
  return read;
}

/** Check and type the parsed JSON of the page. Raises PlanError. */
export function readPlan(value: unknown): Plan {
  const f = fields(value, "plan");
  const stages = fields(f.stages, "stages");
  const last = (arch: Arch) => optional(stages[arch], `stages.${arch}`, integer) ?? 0;
  const files = fields(f.files, "files");
  const accuracy = optional(f.accuracy_um, "accuracy_um", fields);
  const strings = Object.entries(
    f.strings === undefined || f.strings === null ? {} : fields(f.strings, "strings"),
  );
  return {
    case: text(f.case, "case"),
    version: integer(f.version, "version"),
    stages: { upper: last("upper"), lower: last("lower") },
    numbering: oneOf(f.numbering ?? "fdi", NUMBERINGS, "numbering"),
    files: {
      preview: localAddress(files.preview, "files.preview"),
      full: optional(files.full, "files.full", localAddress),
    },
    accuracy_um: accuracy && {
      teeth: number(accuracy.teeth, "accuracy_um.teeth"),
      gingiva: number(accuracy.gingiva ?? 0, "accuracy_um.gingiva"),
    },
    parts: readParts(f.parts),
    movements: movements(f.movements),
    reference_point: text(f.reference_point ?? "", "reference_point"),
    ipr: list(f.ipr, "ipr").map((item, i) => ipr(item, `ipr[${i}]`)),
    attachments: readAttachments(f.attachments),
    extractions: readExtractions(f.extractions),
    pictures: readPictures(f.pictures),
    others: readOthers(f.others),
    pins: readPins(f.pins),
    strings: Object.fromEntries(strings.map(([key, word]) => [key, text(word, `strings.${key}`)])),
  };
}
