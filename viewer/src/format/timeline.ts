/** What happens when: the length of the plan, what is due, and the marks on the play bar. */
import { contactName, toothNumber } from "./numbering.ts";
import type { Attachment, Extraction, Ipr, Numbering, Plan } from "./plan.ts";
import type { Words } from "./strings.ts";

export function lastStage(plan: Pick<Plan, "stages">): number {
  return Math.max(plan.stages.upper, plan.stages.lower);
}

/** A stage that exists; what is no number becomes the start. */
export function clampStage(stage: number, last: number): number {
  return Number.isNaN(stage) ? 0 : Math.min(Math.max(stage, 0), last);
}

/** The nearest stage ahead with IPR is the one due next. */
export function nextIprStage(ipr: readonly Ipr[], stage: number): number | null {
  return nextOf(ipr, stage);
}

/** The nearest stage ahead before which a tooth is taken out. */
export function nextExtraction(extractions: readonly Extraction[], stage: number): number | null {
  return nextOf(extractions, stage);
}

function nextOf(rows: readonly { readonly before_stage: number }[], stage: number): number | null {
  const ahead = rows.map((row) => row.before_stage).filter((before) => before > stage);
  return ahead.length > 0 ? Math.min(...ahead) : null;
}

export type IprState = "done" | "due" | "next" | "later";

/** What comes before a stage is due while that stage is looked at, as the line over the play bar says, and done after it. */
export function iprState(before: number, stage: number, next: number | null): IprState {
  if (before < stage) return "done";
  if (before === stage) return "due";
  return before === next ? "next" : "later";
}

export type AttachmentState = "later" | "on" | "off";

export function attachmentState(span: Pick<Attachment, "added" | "removed">, stage: number): AttachmentState {
  if (stage < span.added) return "later";
  return span.removed !== null && stage >= span.removed ? "off" : "on";
}

/** Whether a tooth is out at a stage. */
export function isExtracted(extractions: readonly Extraction[], fdi: number, stage: number): boolean {
  return extractions.some((row) => row.fdi === fdi && stage >= row.before_stage);
}

/** IPR that is due at a stage, and what comes next: what is worth drawing on the models. A contact is named once, by what is due. */
export function iprInSight(ipr: readonly Ipr[], stage: number): { step: Ipr; due: boolean }[] {
  const next = nextIprStage(ipr, stage);
  const due = ipr.filter((step) => step.before_stage === stage);
  const taken = new Set(due.map((step) => contactKey(step)));
  const ahead = ipr.filter((step) => step.before_stage === next && !taken.has(contactKey(step)));
  return [...due.map((step) => ({ step, due: true })), ...ahead.map((step) => ({ step, due: false }))];
}

function contactKey({ between: [one, other] }: Ipr): string {
  return `${Math.min(one, other)}-${Math.max(one, other)}`;
}

export interface Tick {
  /** Per cent along the bar. */
  readonly at: number;
  readonly kind: "stage" | "fifth" | "arch-end" | "ipr" | "extraction" | "attachment-on" | "attachment-off";
  readonly stage: number;
  /** Said on hover; empty for plain stage ticks. */
  readonly title: string;
}

function grouped<T>(items: readonly T[], by: (item: T) => number | null): [number, T[]][] {
  const groups = new Map<number, T[]>();
  for (const item of items) {
    const key = by(item);
    if (key !== null) groups.set(key, [...(groups.get(key) ?? []), item]);
  }
  return [...groups].sort(([a], [b]) => a - b);
}

/** All marks of the play bar: one a stage, higher each fifth, highest where the shorter arch ends, IPR and attachments. */
export function ticks(plan: Plan, numbering: Numbering, words: Words): Tick[] {
  const last = lastStage(plan);
  if (last === 0) return [];
  const { upper, lower } = plan.stages;
  const shorter = Math.min(upper, lower);
  const at = (stage: number) => Math.round((clampStage(stage, last) / last) * 1e5) / 1e3;
  const marks: Tick[] = [];
  for (let stage = 0; stage <= last; stage++) {
    const ends = stage === shorter && stage > 0 && upper !== lower;
    const title = ends ? words.say(lower < upper ? "tick_lower_ends" : "tick_upper_ends", { n: stage }) : "";
    marks.push({
      at: at(stage),
      kind: ends ? "arch-end" : stage % 5 === 0 ? "fifth" : "stage",
      stage,
      title,
    });
  }
  for (const [stage, steps] of grouped(plan.ipr, (step) => step.before_stage)) {
    const title = steps.map((step) =>
      words.say("tick_ipr", {
        amount: words.number(step.amount_mm, 2),
        contacts: contactName(step.between, numbering),
        n: stage,
      }),
    );
    marks.push({ at: at(stage), kind: "ipr", stage, title: title.join("\n") });
  }
  for (const [stage, items] of grouped(plan.extractions, (item) => item.before_stage)) {
    const teeth = toothNumbers(items, numbering);
    marks.push({
      at: at(stage),
      kind: "extraction",
      stage,
      title: words.say("tick_extraction", { teeth, n: stage }),
    });
  }
  const put = (kind: "attachment-on" | "attachment-off", by: (item: Attachment) => number | null) => {
    for (const [stage, items] of grouped(plan.attachments, by)) {
      const key = kind === "attachment-on" ? "tick_attachments_on" : "tick_attachments_off";
      marks.push({ at: at(stage), kind, stage, title: words.say(key, { n: stage, count: items.length }) });
    }
  };
  put("attachment-on", (item) => item.added);
  put("attachment-off", (item) => item.removed);
  return marks;
}

function toothNumbers(items: readonly { readonly fdi: number }[], numbering: Numbering): string {
  return [...new Set(items.map((item) => toothNumber(item.fdi, numbering)))].join(", ");
}

/** The slider in words: "Stage 8 of 22. IPR 21–22 is due before stage 9." */
export function stageInWords(plan: Plan, stage: number, numbering: Numbering, words: Words): string {
  const names = (items: readonly Attachment[]) => toothNumbers(items, numbering);
  const said = [words.say("stage_of", { n: stage, total: lastStage(plan) })];
  const added = plan.attachments.filter((item) => item.added === stage && stage > 0);
  const removed = plan.attachments.filter((item) => item.removed === stage);
  if (added.length > 0) said.push(words.say("attachments_added_now", { teeth: names(added) }));
  if (removed.length > 0) said.push(words.say("attachments_removed_now", { teeth: names(removed) }));
  const out = nextExtraction(plan.extractions, stage);
  if (out !== null) {
    const teeth = plan.extractions.filter((item) => item.before_stage === out);
    said.push(words.say("extraction_due", { teeth: toothNumbers(teeth, numbering), n: out }));
  }
  const next = nextIprStage(plan.ipr, stage);
  if (next !== null) {
    const due = plan.ipr.filter((step) => step.before_stage === next);
    const contacts = due.map((step) => contactName(step.between, numbering)).join(", ");
    said.push(words.say("ipr_due", { contacts, n: next }));
  }
  return said.join(" ");
}

/** What a stage asks for: teeth to take out and IPR before it, attachments that go on or come off with it. */
export interface Due {
  readonly stage: number;
  readonly out: readonly Extraction[];
  readonly ipr: readonly Ipr[];
  readonly on: readonly Attachment[];
  readonly off: readonly Attachment[];
}

/** What is due at a stage, or null. */
export function dueAt(plan: Pick<Plan, "ipr" | "attachments" | "extractions">, stage: number): Due | null {
  const out = plan.extractions.filter((item) => item.before_stage === stage);
  const ipr = plan.ipr.filter((step) => step.before_stage === stage);
  const on = plan.attachments.filter((item) => item.added === stage);
  const off = plan.attachments.filter((item) => item.removed === stage);
  return out.length + ipr.length + on.length + off.length > 0 ? { stage, out, ipr, on, off } : null;
}

/** The nearest stage ahead at which something is due, or null. */
export function dueNext(
  plan: Pick<Plan, "ipr" | "attachments" | "extractions" | "stages">,
  stage: number,
): Due | null {
  for (let ahead = stage + 1; ahead <= lastStage(plan); ahead++) {
    const due = dueAt(plan, ahead);
    if (due) return due;
  }
  return null;
}

/** "extraction of 14; IPR 21–22 0.15 mm; attachments on 13, 23". */
export function dueInWords({ out, ipr, on, off }: Due, numbering: Numbering, words: Words): string {
  const teeth = (items: readonly { readonly fdi: number }[]) => toothNumbers(items, numbering);
  const said = out.length > 0 ? [words.say("due_out", { teeth: teeth(out) })] : [];
  for (const step of ipr) {
    const contact = contactName(step.between, numbering);
    said.push(words.say("due_ipr", { contact, amount: words.number(step.amount_mm, 2) }));
  }
  if (on.length > 0) said.push(words.say("due_on", { teeth: teeth(on) }));
  if (off.length > 0) said.push(words.say("due_off", { teeth: teeth(off) }));
  return said.join("; ");
}
