import { expect, test } from "vitest";
import {
  archSwitched,
  type State,
  Store,
  toolSwitched,
  viewed,
  visibleArches,
  wantedOutline,
} from "./state.ts";

const start: State = {
  stage: 0,
  playing: false,
  view: "front",
  arches: { upper: true, lower: true },
  alone: null,
  tools: {
    superimpose: false,
    numbers: true,
    attachments: true,
    ipr: true,
    contacts: false,
    grid: false,
    measure: false,
    pin: false,
  },
  selected: null,
  numbering: "fdi",
  pins: [],
  shownPin: null,
  draft: null,
  movement: "total",
  outlined: { version: null, stage: 0 },
  comparison: null,
  compared: "both",
  onlyChanged: false,
};

test("an occlusal view shows its own arch alone and leaving it brings the other back", () => {
  const upper = { ...start, ...viewed("upper") };
  expect(visibleArches(upper)).toEqual({ upper: true, lower: false });
  expect(visibleArches({ ...upper, ...viewed("front") })).toEqual({ upper: true, lower: true });
});

test("an arch that only the occlusal view hides comes back by its button", () => {
  const upper = { ...start, ...viewed("upper") };
  expect(visibleArches({ ...upper, ...archSwitched(upper, "lower") })).toEqual({ upper: true, lower: true });
});

test("switching off the arch an occlusal view shows brings the other one", () => {
  const upper = { ...start, ...viewed("upper") };
  expect(visibleArches({ ...upper, ...archSwitched(upper, "upper") })).toEqual({ upper: false, lower: true });
});

test("an arch is switched off and on", () => {
  const off = { ...start, ...archSwitched(start, "upper") };
  expect(visibleArches(off)).toEqual({ upper: false, lower: true });
  expect(visibleArches({ ...off, ...archSwitched(off, "upper") })).toEqual({ upper: true, lower: true });
});

test("measuring and pinning end each other, other tools stay", () => {
  const measuring = { ...start, ...toolSwitched(start, "measure") };
  const pinning = { ...measuring, ...toolSwitched(measuring, "pin") };
  expect(pinning.tools).toMatchObject({ measure: false, pin: true, numbers: true });
});

test("listeners hear once, and only of what differs", () => {
  const store = new Store(start);
  const heard: string[][] = [];
  store.listen((_, changed) => heard.push([...changed]));
  store.change({ stage: 0, playing: false });
  store.change({ stage: 3, playing: false, selected: 21 });
  expect(heard).toEqual([["stage", "selected"]]);
  expect(store.state.stage).toBe(3);
});

test("while versions are compared the other one is outlined, else what the tool says", () => {
  const comparison = { with: 2, teeth: [21], gone: [] };
  expect(wantedOutline(start)).toBeNull();
  expect(wantedOutline({ ...start, comparison })).toEqual({ version: 2, stage: "same" });
  expect(wantedOutline({ ...start, comparison, compared: "other" })).toBeNull();
  const outlined = { version: null, stage: 5 } as const;
  expect(wantedOutline({ ...start, outlined, tools: { ...start.tools, superimpose: true } })).toEqual(
    outlined,
  );
});

test("pinning and measuring bring this version back", () => {
  expect(toolSwitched({ ...start, compared: "other" }, "pin").compared).toBe("both");
  expect(toolSwitched({ ...start, compared: "other" }, "grid").compared).toBeUndefined();
});
