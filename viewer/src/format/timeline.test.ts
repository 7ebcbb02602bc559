import { expect, test } from "vitest";
import { type Plan, readPlan } from "./plan.ts";
import { Words } from "./strings.ts";
import {
  attachmentState,
  clampStage,
  dueAt,
  dueInWords,
  dueNext,
  iprInSight,
  iprState,
  isExtracted,
  lastStage,
  nextIprStage,
  stageInWords,
  ticks,
} from "./timeline.ts";

const words = new Words({});
const attachment = { surface: "buccal", shape: "Ellipsoid", size: "3.5 × 2 mm" };

function planWith(change: object = {}): Plan {
  return readPlan({
    case: "0104217",
    version: 3,
    stages: { upper: 22, lower: 18 },
    numbering: "fdi",
    files: { preview: "/p" },
    ipr: [
      { between: [12, 11], amount_mm: 0.2, before_stage: 5 },
      { between: [21, 22], amount_mm: 0.15, before_stage: 9 },
    ],
    attachments: [
      { ...attachment, fdi: 13, added: 3, removed: 22 },
      { ...attachment, fdi: 23, added: 3, removed: null },
      { ...attachment, fdi: 33, added: 1, removed: 18 },
    ],
    ...change,
  });
}

test("stages are kept between start and end", () => {
  expect([-1, 8.5, 23, Number.NaN].map((stage) => clampStage(stage, 22))).toEqual([0, 8.5, 22, 0]);
  expect(lastStage(planWith())).toBe(22);
});

test("the nearest IPR ahead is next; at its stage it is due, and done after it", () => {
  const { ipr } = planWith();
  expect([0, 4, 5, 8, 9].map((stage) => nextIprStage(ipr, stage))).toEqual([5, 5, 9, 9, null]);
  expect(iprState(9, 8, 9)).toBe("next");
  expect(iprState(9, 9, null)).toBe("due");
  expect(iprState(9, 10, null)).toBe("done");
  expect(iprState(9, 4, 5)).toBe("later");
});

test("an attachment is on from the stage that adds it up to the one that removes it", () => {
  const span = { added: 3, removed: 18 };
  expect([2, 3, 17, 18].map((stage) => attachmentState(span, stage))).toEqual(["later", "on", "on", "off"]);
  expect(attachmentState({ added: 3, removed: null }, 40)).toBe("on");
});

test("the play bar has a tick a stage, a high one each fifth, the highest where the shorter arch ends", () => {
  const marks = ticks(planWith(), "fdi", words);
  const stages = marks.filter((mark) => ["stage", "fifth", "arch-end"].includes(mark.kind));
  expect(stages).toHaveLength(23);
  expect(stages.filter((mark) => mark.kind === "fifth").map((mark) => mark.stage)).toEqual([
    0, 5, 10, 15, 20,
  ]);
  expect(stages.filter((mark) => mark.kind === "arch-end")).toEqual([
    { at: 81.818, kind: "arch-end", stage: 18, title: "Lower arch ends at stage 18" },
  ]);
});

test("arches of the same length, or a single arch, have no end mark", () => {
  for (const stages of [{ upper: 12, lower: 12 }, { lower: 12 }]) {
    expect(ticks(planWith({ stages }), "fdi", words).some((mark) => mark.kind === "arch-end")).toBe(false);
  }
});

test("IPR and attachments are marked once a stage, with what they are", () => {
  const marks = ticks(planWith(), "universal", words);
  expect(marks.filter((mark) => mark.kind === "ipr").map((mark) => mark.title)).toEqual([
    "IPR 0.20 mm between 7–8, before stage 5",
    "IPR 0.15 mm between 9–10, before stage 9",
  ]);
  expect(
    marks.filter((mark) => mark.kind === "attachment-on").map((mark) => [mark.stage, mark.title]),
  ).toEqual([
    [1, "Attachments at stage 1: 1 on"],
    [3, "Attachments at stage 3: 2 on"],
  ]);
  expect(marks.filter((mark) => mark.kind === "attachment-off").map((mark) => [mark.stage, mark.at])).toEqual(
    [
      [18, 81.818],
      [22, 100],
    ],
  );
});

test("a plan without stages has no ticks", () => {
  expect(ticks(planWith({ stages: {} }), "fdi", words)).toEqual([]);
});

test("the slider speaks in words", () => {
  const plan = planWith();
  expect(stageInWords(plan, 8, "fdi", words)).toBe("Stage 8 of 22. IPR 21–22 is due before stage 9.");
  expect(stageInWords(plan, 3, "fdi", words)).toBe(
    "Stage 3 of 22. Attachments go on: 13, 23. IPR 12–11 is due before stage 5.",
  );
  expect(stageInWords(plan, 22, "fdi", words)).toBe("Stage 22 of 22. Attachments come off: 13.");
});

test("words come from the server where it sent them, and a missing value shows", () => {
  expect(new Words({ stage_n: "Etapa {n}" }).say("stage_n", { n: 4 })).toBe("Etapa 4");
  expect(words.say("stage_n")).toBe("Stage {n}");
});

const extracting = planWith({
  extractions: [
    { fdi: 14, before_stage: 5 },
    { fdi: 38, before_stage: 0 },
  ],
});

test("a tooth is out from the stage before which it is taken out", () => {
  const { extractions } = extracting;
  expect([4, 4.9, 5, 22].map((stage) => isExtracted(extractions, 14, stage))).toEqual([
    false,
    false,
    true,
    true,
  ]);
  expect(isExtracted(extractions, 38, 0)).toBe(true);
  expect(isExtracted(extractions, 15, 22)).toBe(false);
});

test("an extraction is due, told first, and comes next when nothing is nearer", () => {
  const due = dueAt(extracting, 5);
  expect(due && dueInWords(due, "fdi", words)).toBe("extraction of 14; IPR 12–11 0.20 mm");
  expect(dueNext(extracting, 3)?.out.map((row) => row.fdi)).toEqual([14]);
  expect(dueAt(extracting, 0)?.out.map((row) => row.fdi)).toEqual([38]);
  expect(stageInWords(extracting, 4, "fdi", words)).toBe(
    "Stage 4 of 22. Extraction of 14 is due before stage 5. IPR 12–11 is due before stage 5.",
  );
});

test("an extraction has a mark of its own on the play bar", () => {
  const marks = ticks(extracting, "universal", words).filter((mark) => mark.kind === "extraction");
  expect(marks.map((mark) => mark.title)).toEqual([
    "Extraction of 17, before stage 0",
    "Extraction of 5, before stage 5",
  ]);
});

test("the IPR of the stage and the one that comes next are in sight, and no other", () => {
  const { ipr } = planWith();
  const seen = (stage: number) => iprInSight(ipr, stage).map(({ step, due }) => [step.before_stage, due]);
  expect(seen(0)).toEqual([[5, false]]);
  expect(seen(5)).toEqual([
    [5, true],
    [9, false],
  ]);
  expect(seen(10)).toEqual([]);
});

test("a contact with IPR now and again at the next stage is named once", () => {
  const ipr = [5, 7].map((before_stage, i) => ({
    between: (i ? [11, 12] : [12, 11]) as [number, number],
    amount_mm: 0.1,
    before_stage,
  }));
  expect(iprInSight(ipr, 5).map(({ step }) => step.before_stage)).toEqual([5]);
});
