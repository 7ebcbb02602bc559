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

/** What a stage adds to the one before it; nothing at the start. */
export function movementOfStage(rows: readonly MovementRow[], stage: number): SixValues {
  if (stage <= 0) return STILL;
  const before = movementAt(rows, stage - 1);
  return movementAt(rows, stage).map((value, i) => value - (before[i] ?? 0)) as unknown as SixValues;
}

/** Where the tooth ends. */
export function plannedMovement(rows: readonly MovementRow[]): SixValues {
  return movementAt(rows, Number.POSITIVE_INFINITY);
}

export function isAngle(movement: Movement): boolean {
  return movement === "rotation" || movement === "tip" || movement === "torque";
}

/** "0.4 mm" with a thin space, "4.2°" without; the direction is said by the word, not by a sign. */
export function formatAmount(movement: Movement, value: number, words: Words, decimals = 1): string {
  const amount = words.number(Math.abs(value), isAngle(movement) ? 1 : decimals);
  return isAngle(movement) ? `${amount}°` : `${amount}${THIN_SPACE}${words.say("mm")}`;
}

/** "+0.42 mm", "−4.2°", "0.0°": for tables without words for the direction. */
export function formatSigned(movement: Movement, value: number, words: Words): string {
  const decimals = isAngle(movement) ? 1 : 2;
  const rounded = Number(value.toFixed(decimals));
  const sign = rounded < 0 ? "−" : rounded > 0 ? "+" : "";
  return `${sign}${formatAmount(movement, rounded, words, 2)}`;
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

/** The same for the steps of single stages, at least 0.25 mm and 2.5°. */
export function stepScale(all: Iterable<readonly MovementRow[]>): Scale {
  const steps: MovementRow[][] = [];
  for (const rows of all)
    steps.push(rows.map(([stage]) => [stage, ...movementOfStage(rows, stage)] as unknown as MovementRow));
  return barScale(steps, { mm: 0.25, deg: 2.5 });
}

/** What half a bar stands for: one scale for the whole case, at least 1 mm and 10°, so teeth can be compared. */
export function barScale(all: Iterable<readonly MovementRow[]>, least: Scale = { mm: 1, deg: 10 }): Scale {
  let { mm, deg } = least;
  for (const rows of all) {
    for (const [, m, b, o, ...angles] of rows) {
      mm = Math.max(mm, Math.abs(m), Math.abs(b), Math.abs(o));
      deg = Math.max(deg, ...angles.map(Math.abs));
    }
  }
  return { mm, deg };
}

/** The tooth that goes the longest planned way, by millimetres and degrees in the scale of the bars; null when none moves. */
export function mostMoved(movements: ReadonlyMap<number, readonly MovementRow[]>): number | null {
  const { mm, deg } = barScale(movements.values());
  let most: { fdi: number; way: number } | null = null;
  for (const [fdi, rows] of movements) {
    const planned = plannedMovement(rows);
    const way = Math.hypot(
      ...MOVEMENTS.map((movement, i) => (planned[i] ?? 0) / (isAngle(movement) ? deg : mm)),
    );
    if (way > 0 && (!most || way > most.way)) most = { fdi, way };
  }
  return most?.fdi ?? null;
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
