/**
 * Teeth by number and by name. Inside everything is FDI (ISO 3950): quadrant × 10 + position, 11–48 permanent, 51–85 primary;
 * quadrants run 1 upper right, 2 upper left, 3 lower left, 4 lower right, as the patient has them.
 */
import type { Arch, Numbering } from "./plan.ts";
import type { Words } from "./strings.ts";

const PERMANENT = [
  "central incisor",
  "lateral incisor",
  "canine",
  "first premolar",
  "second premolar",
  "first molar",
  "second molar",
  "third molar",
];
const PRIMARY = ["central incisor", "lateral incisor", "canine", "first molar", "second molar"];

interface Place {
  /** 0 upper right, 1 upper left, 2 lower left, 3 lower right */
  readonly quadrant: number;
  /** 1 beside the midline */
  readonly position: number;
  readonly primary: boolean;
}

function place(fdi: number): Place | null {
  const quadrant = Math.floor(fdi / 10) - 1;
  const position = fdi % 10;
  const primary = quadrant >= 4;
  if (quadrant < 0 || quadrant > 7 || position < 1 || position > (primary ? 5 : 8)) return null;
  return { quadrant: quadrant % 4, position, primary };
}

export function archOf(fdi: number): Arch | null {
  const at = place(fdi);
  return at && (at.quadrant < 2 ? "upper" : "lower");
}

/** 1–32 from the upper right third molar round to the lower right one; primary teeth A–T likewise. */
function universal({ quadrant, position, primary }: Place): string {
  const size = primary ? 5 : 8;
  const fromStart = quadrant % 2 === 0 ? size - position : position - 1;
  const n = quadrant * size + fromStart;
  return primary ? String.fromCharCode(65 + n) : String(n + 1);
}

/** The corner opens towards the tooth as one faces the patient: └1 is the patient's upper left 1. */
function palmer({ quadrant, position, primary }: Place): string {
  const sign = primary ? String.fromCharCode(64 + position) : String(position);
  return [`${sign}┘`, `└${sign}`, `┌${sign}`, `${sign}┐`][quadrant] ?? sign;
}

/** The number as the reader writes it; a number that is none in FDI is shown as it is. */
export function toothNumber(fdi: number, numbering: Numbering): string {
  const at = place(fdi);
  if (!at || numbering === "fdi") return String(fdi);
  return numbering === "universal" ? universal(at) : palmer(at);
}

/** "Upper left central incisor", in the server's words when it sent them. */
export function toothName(fdi: number, words: Words): string {
  const sent = words.tooth(fdi);
  if (sent) return sent;
  const at = place(fdi);
  if (!at) return String(fdi);
  const side = ["Upper right", "Upper left", "Lower left", "Lower right"][at.quadrant];
  const name = (at.primary ? PRIMARY : PERMANENT)[at.position - 1];
  return at.primary ? `${side} primary ${name}` : `${side} ${name}`;
}

/** "21–22": a contact, mesial order kept as planned. */
export function contactName(between: readonly [number, number], numbering: Numbering): string {
  return `${toothNumber(between[0], numbering)}–${toothNumber(between[1], numbering)}`;
}

/** Order along the chart: upper from the patient's right to the left, then lower likewise. */
export function chartOrder(fdi: number): number {
  const at = place(fdi);
  if (!at) return Number.MAX_SAFE_INTEGER;
  const rightSide = at.quadrant === 0 || at.quadrant === 3;
  return (at.quadrant < 2 ? 0 : 100) + (rightSide ? -at.position : at.position);
}

/** The tooth before or after along the chart, round the ends. */
export function neighbour(teeth: readonly number[], from: number | null, step: -1 | 1): number | null {
  const ordered = [...new Set(teeth)].sort((a, b) => chartOrder(a) - chartOrder(b));
  if (ordered.length === 0) return null;
  const at = from === null ? -1 : ordered.indexOf(from);
  if (at < 0) return (step === 1 ? ordered[0] : ordered.at(-1)) ?? null;
  return ordered[(at + step + ordered.length) % ordered.length] ?? null;
}
