/** Another version in the frame of this one, and what changed since it: the two blocks a comparison is drawn from. */
import {
  type Attachment,
  type Extraction,
  localAddress,
  type Part,
  readAttachments,
  readExtractions,
  readParts,
} from "./plan.ts";
import { fields, integer, list, number, text } from "./reading.ts";

export interface Overlay {
  readonly version: number;
  readonly lastStage: number;
  readonly model: string;
  readonly parts: readonly Part[];
  readonly attachments: readonly Attachment[];
  readonly extractions: readonly Extraction[];
  /** Its world to this version's, 16 numbers by columns. */
  readonly matrix: readonly number[];
  /** How it was laid over, for the reader. */
  readonly words: string;
}

/** What changed since version `with`: the teeth to tint, and those whose attachment is gone. */
export interface Comparison {
  readonly with: number;
  readonly teeth: readonly number[];
  readonly gone: readonly number[];
}

/** Where an outline is taken from. version null: this one; stage "same": the stage that is shown. */
export interface Outlined {
  readonly version: number | null;
  readonly stage: number | "same";
}

/** Read what the overlay's address answers. Raises PlanError. */
export function readOverlay(value: unknown): Overlay {
  const f = fields(value, "overlay");
  const stages = fields(f.stages, "overlay.stages");
  const laid = fields(f.registration, "overlay.registration");
  const matrix = list(laid.matrix, "overlay.registration.matrix").map((n, i) =>
    number(n, `overlay.registration.matrix[${i}]`),
  );
  return {
    version: integer(f.version, "overlay.version"),
    lastStage: Math.max(
      integer(stages.upper ?? 0, "overlay.stages.upper"),
      integer(stages.lower ?? 0, "overlay.stages.lower"),
    ),
    model: localAddress(f.model, "overlay.model"),
    parts: readParts(f.parts),
    attachments: readAttachments(f.attachments),
    extractions: readExtractions(f.extractions),
    matrix: matrix.length === 16 ? matrix : [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1],
    words: text(laid.words ?? "", "overlay.registration.words"),
  };
}

/** Read the block `setup-compare`; null when there is none. Raises PlanError. */
export function readComparison(value: unknown): Comparison | null {
  if (value === null || value === undefined) return null;
  const f = fields(value, "compare");
  const teeth = (from: unknown, path: string) => list(from, path).map((fdi) => integer(fdi, path));
  return {
    with: integer(f.with, "compare.with"),
    teeth: teeth(f.teeth, "compare.teeth"),
    gone: teeth(f.attachments_gone, "compare.attachments_gone"),
  };
}
