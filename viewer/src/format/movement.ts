/**
 * The movement table: six values a tooth and stage, cumulative from stage 0, in words a clinician uses.
 *
 * Signs as in `README.md`: mesial, buccal, occlusal positive; rotation positive turns the mesial surface out; tip positive
 * moves the crown mesially; torque positive moves the root lingually.
 */
import type { MovementRow } from "./plan.ts";
import type { WordKey, Words } from "./strings.ts";

export const MOVEMENTS = ["mesial", "buccal", "occlusal", "rotation", "tip", "torque"] as const;
export type Movement = (typeof MOVEMENTS)[number];
export type SixValues = readonly [number, number, number, number, number, number];

const STILL: SixValues = [0, 0, 0, 0, 0, 0];
const DIRECTIONS: Record<Movement, readonly [positive: WordKey, negative: WordKey]> = {
  mesial: ["mesial", "distal"],
  buccal: ["buccal", "lingual"],
  occlusal: ["extrusion", "intrusion"],
  rotation: ["mesial_out", "mesial_in"],
  tip: ["mesial", "distal"],
  torque: ["root_lingual", "root_buccal"],
};
const THIN_SPACE = "\u2009";
/** Below half of the last printed digit a value reads 0.0 and has no direction. */
const UNSEEN = 0.05;

function values(row: MovementRow): SixValues {
  return [row[1], row[2], row[3], row[4], row[5], row[6]];
}

/** The six values at a stage (fractions allowed). Rows are sorted by stage; stage 0 is the start, so it is zero. */
export function movementAt(rows: readonly MovementRow[], stage: number): SixValues {
  let before: readonly [number, SixValues] = [0, STILL];
  for (const row of rows) {
    if (row[0] >= stage) {
      const [from, low] = before;
      const high = values(row);
      if (row[0] === from) return high;
      const share = Math.max(0, (stage - from) / (row[0] - from));
      return low.map((v, i) => v + ((high[i] ?? 0) - v) * share) as unknown as SixValues;
    }
    before = [row[0], values(row)];
  }
  return before[1];
}

/** Where the tooth ends. */
export function plannedMovement(rows: readonly MovementRow[]): SixValues {
  return movementAt(rows, Number.POSITIVE_INFINITY);
}

export function isAngle(movement: Movement): boolean {
  return movement === "rotation" || movement === "tip" || movement === "torque";
}

/** "0.4 mm" with a thin space, "4.2°" without; the direction is said by the word, not by a sign. */
export function formatAmount(movement: Movement, value: number, words: Words): string {
  const amount = words.number(Math.abs(value), 1);
  return isAngle(movement) ? `${amount}°` : `${amount}${THIN_SPACE}${words.say("mm")}`;
}

/** The word for the planned direction, or an empty text for what does not move. */
export function directionWord(movement: Movement, value: number, words: Words): string {
  if (Math.abs(value) < UNSEEN) return "";
  const [positive, negative] = DIRECTIONS[movement];
  return words.say(value > 0 ? positive : negative);
}

export interface Scale {
  readonly mm: number;
  readonly deg: number;
}

/** What half a bar stands for: one scale for the whole case, at least 1 mm and 10°, so teeth can be compared. */
export function barScale(all: Iterable<readonly MovementRow[]>): Scale {
  let mm = 1;
  let deg = 10;
  for (const rows of all) {
    for (const [, m, b, o, ...angles] of rows) {
      mm = Math.max(mm, Math.abs(m), Math.abs(b), Math.abs(o));
      deg = Math.max(deg, ...angles.map(Math.abs));
    }
  }
  return { mm, deg };
}

export interface Bar {
  readonly side: "left" | "right";
  /** Per cent of the whole bar, 0–50. */
  readonly width: number;
}

/** A bar from the middle: positive to the right. */
export function bar(movement: Movement, value: number, scale: Scale): Bar {
  const share = Math.min(1, Math.abs(value) / (isAngle(movement) ? scale.deg : scale.mm));
  return { side: value < 0 ? "left" : "right", width: Math.round(share * 500) / 10 };
}
