/**
 * Uploads into the places of a form: `<div data-uploads="/provider/uploads/" data-order="12" data-csrf="…">` around `[data-place]`.
 * Several files at once by drop or choice, three on their way at a time, in pieces of 4 MB, so that a lost connection costs one piece.
 * Nothing is kept in the browser: after a reload the server says what had come, and the same file chosen again goes on from there.
 */
import type { DetailedError, Upload } from "tus-js-client";
import htmx from "./htmx.ts";
import { icon } from "./page.ts";
import { placeFor, secondsLeft } from "./upload-places.ts";

const PIECE = 4 * 1024 * 1024;
const AT_ONCE = 3;
const RETRIES = [500, 1500, 4000, 8000];
const ACCEPT: Record<string, string> = {
  scan: ".stl,.ply,.obj,.zip",
  photo: "image/jpeg,image/png",
  xray: "image/jpeg,image/png,application/pdf,.dcm,.dicom,application/dicom",
};

interface Sending {
  place: HTMLElement;
  file: File;
  upload?: Upload;
  percent: number;
  state: "waiting" | "going" | "paused" | "lost";
  begun: { at: number; bytes: number };
}

let root: HTMLElement;
const sending = new Map<string, Sending>();
let known = "";

function word(key: string, values: Record<string, string | number> = {}): string {
  const text = root.querySelector<HTMLTemplateElement>("template[data-words]")?.dataset[key] ?? "";
  return text.replace(/%\((\w+)\)s/g, (_, name: string) => String(values[name] ?? ""));
}

function places(): HTMLElement[] {
  return [...root.querySelectorAll<HTMLElement>("[data-place]")];
}

function placeOf(slot: string): HTMLElement | undefined {
  return places().find((place) => place.dataset.place === slot);
}

// --- what the reader sees ------------------------------------------------------------------------------------------

/** Shows how far `one` is: the live part of its place in front of what the server drew. */
function draw(one: Sending): void {
  one.place = placeOf(one.place.dataset.place ?? "") ?? one.place;
  const { place, percent, state } = one;
  const stopped = state === "lost" || state === "paused";
  place.toggleAttribute("data-sending", true);
  for (const still of place.querySelectorAll<HTMLElement>("[data-still]")) still.hidden = true;
  for (const part of place.querySelectorAll<HTMLElement>("[data-live], [data-percent], [data-bar]"))
    part.hidden = false;
  const filename = place.querySelector("[data-filename]");
  if (filename) filename.textContent = one.file.name;
  const short = place.querySelector("[data-percent]");
  if (short) short.textContent = word("percent", { percent });
  const bar = place.querySelector<HTMLElement>("[data-bar]");
  bar?.setAttribute("aria-valuenow", String(percent));
  bar?.toggleAttribute("data-tone", false);
  if (bar && stopped) bar.dataset.tone = "act";
  const fill = bar?.querySelector<HTMLElement>("i");
  if (fill) fill.style.width = `${percent}%`;
  const said = place.querySelector("[data-said]");
  if (said) {
    said.textContent = saying(one);
    said.classList.toggle("text-act", stopped);
    said.classList.toggle("font-medium", stopped);
  }
  place.querySelector("[data-warn]")?.toggleAttribute("hidden", !stopped);
  place.querySelector("[data-resume]")?.toggleAttribute("hidden", !stopped);
  place.querySelector("[data-pause]")?.toggleAttribute("hidden", stopped);
}

function saying(one: Sending): string {
  const { percent, state } = one;
  if (state === "lost") return word("lost", { percent });
  if (state === "paused") return word("paused", { percent });
  const sent = (one.file.size * percent) / 100;
  const left = secondsLeft(sent, one.begun.bytes, one.file.size, performance.now() - one.begun.at);
  if (left === undefined) return word("percent", { percent });
  if (left < 90) return word("leftSeconds", { percent, n: left });
  return word("leftMinutes", { percent, n: Math.round(left / 60) });
}

/** Said once by screen readers. */
function aloud(text: string): void {
  const line = root.querySelector("[data-said-aloud]");
  if (line) line.textContent = text;
}

function problem(text: string, about = ""): void {
  const box = root.querySelector("[data-problems]");
  if (!box || !text) return;
  const line = document.createElement("p");
  line.className = "ml-error";
  line.dataset.about = about;
  const words = document.createElement("span");
  words.textContent = text;
  line.append(icon("circle-alert", "sm"), words);
  box.append(line);
}

function clearProblems(slot: string): void {
  for (const line of root.querySelectorAll(`[data-problems] [data-about="${slot}"]`)) line.remove();
}

/** The server's own drawing of a place, in place of the live one. */
async function redraw(slot: string): Promise<void> {
  const place = placeOf(slot);
  const source = place?.dataset.src;
  if (place && source) await htmx.ajax("GET", source, { source: place, target: place, swap: "outerHTML" });
}

/** Why photos were refused stands under the tiles; counts and what is still needed follow. */
function follow(): void {
  const box = root.querySelector("[data-refusals]");
  if (box) {
    const lines = places().flatMap((place) => {
      const text = place.querySelector("[data-note]")?.textContent?.trim();
      return text && !sending.has(place.dataset.place ?? "") ? [refusal(place, text)] : [];
    });
    box.replaceChildren(...lines);
  }
  for (const count of root.querySelectorAll<HTMLElement>("[data-count]")) {
    const own = places().filter((place) => place.dataset.family === count.dataset.count);
    count.textContent = String(own.filter((place) => place.dataset.state === "filled").length);
  }
  const now = places()
    .map((place) => `${place.dataset.place}:${place.dataset.state}`)
    .join();
  if (known && known !== now) document.body.dispatchEvent(new CustomEvent("midline:records"));
  known = now;
}

function refusal(place: HTMLElement, text: string): HTMLElement {
  const line = document.createElement("p");
  line.className = "ml-error";
  const words = document.createElement("span");
  words.textContent = `${text} `;
  const again = document.createElement("button");
  again.type = "button";
  again.className = "cursor-pointer underline underline-offset-2";
  again.textContent = word("another");
  again.addEventListener("click", () => choose(place));
  words.append(again);
  line.append(icon("circle-alert", "sm"), words);
  return line;
}

// --- sending -------------------------------------------------------------------------------------------------------

function isRefusal(error: Error | DetailedError): error is DetailedError {
  const status = "originalResponse" in error ? (error.originalResponse?.getStatus() ?? 0) : 0;
  return (
    status >= 400 && status !== 409 && status !== 423 && status < 600 && status !== 502 && status !== 503
  );
}

function reasonOf(error: DetailedError): string {
  try {
    const said: unknown = JSON.parse(error.originalResponse?.getBody() ?? "");
    if (said && typeof said === "object" && "reason" in said) return String(said.reason);
  } catch {
    // A page instead of the upload's own answer: signed out, or gone.
  }
  return "";
}

async function begin(one: Sending): Promise<void> {
  const tus = await import("tus-js-client");
  const slot = one.place.dataset.place ?? "";
  if (sending.get(slot) !== one) return;
  const { upload: earlier, name, size } = one.place.dataset;
  const goesOn = earlier && name === one.file.name && Number(size) === one.file.size;
  if (earlier && !goesOn) await drop(earlier);
  one.upload = new tus.Upload(one.file, {
    endpoint: root.dataset.uploads ?? "",
    ...(goesOn ? { uploadUrl: earlier } : {}),
    chunkSize: PIECE,
    retryDelays: RETRIES,
    storeFingerprintForResuming: false,
    headers: { "X-CSRFToken": root.dataset.csrf ?? "" },
    metadata: {
      filename: one.file.name,
      order: root.dataset.order ?? "",
      slot,
      purpose: root.dataset.purpose ?? "record",
    },
    onShouldRetry: (error) => !isRefusal(error) && navigator.onLine,
    onProgress: (sent, total) => {
      if (one.begun.bytes < 0) one.begun = { at: performance.now(), bytes: sent };
      one.percent = Math.min(99, Math.floor((100 * sent) / total));
      if (one.state === "going") draw(one);
    },
    onError: (error) => void failed(one, error),
    onSuccess: () => void arrived(one),
  });
  go(one);
}

function go(one: Sending): void {
  one.state = "going";
  one.begun = { at: performance.now(), bytes: -1 };
  draw(one);
  one.upload?.start();
}

async function failed(one: Sending, error: Error | DetailedError): Promise<void> {
  const slot = one.place.dataset.place ?? "";
  if (sending.get(slot) !== one) return;
  if (!isRefusal(error)) {
    one.state = "lost";
    draw(one);
    aloud(word("lost", { percent: one.percent }));
    next();
    return;
  }
  sending.delete(slot);
  problem(reasonOf(error) || word("failed", { name: one.file.name }), slot);
  await redraw(slot);
  next();
}

async function arrived(one: Sending): Promise<void> {
  const slot = one.place.dataset.place ?? "";
  if (sending.get(slot) !== one) return;
  sending.delete(slot);
  aloud(word("done", { label: one.place.dataset.label ?? "" }));
  await redraw(slot);
  next();
}

/** Begins what waits, three at a time. */
function next(): void {
  const going = [...sending.values()].filter((one) => one.state === "going").length;
  const waiting = [...sending.values()].filter((one) => one.state === "waiting");
  for (const one of waiting.slice(0, Math.max(0, AT_ONCE - going))) {
    one.state = "going";
    void begin(one);
  }
}

async function drop(address: string): Promise<void> {
  await fetch(address, { method: "DELETE", headers: { "X-CSRFToken": root.dataset.csrf ?? "" } });
}

async function cancel(slot: string): Promise<void> {
  const one = sending.get(slot);
  sending.delete(slot);
  try {
    await one?.upload?.abort(true);
  } catch {
    // Not begun yet, or the line is dead: the sweep takes what is left.
  }
  await redraw(slot);
  next();
}

function send(place: HTMLElement, file: File): void {
  const slot = place.dataset.place ?? "";
  const before = sending.get(slot);
  if (before) void before.upload?.abort(true).catch(() => undefined);
  clearProblems(slot);
  const one: Sending = { place, file, percent: 0, state: "waiting", begun: { at: 0, bytes: -1 } };
  sending.set(slot, one);
  draw(one);
  next();
}

/** Files without a place of their own: each goes where its name says, else to the first free place of its kind (`only`, if given). */
function distribute(files: File[], only?: string): void {
  root.querySelector("[data-problems]")?.replaceChildren();
  const taken = new Set<string>();
  for (const file of files) {
    const states = places().map(({ dataset }) => ({
      slot: dataset.place ?? "",
      family: dataset.family ?? "",
      free: dataset.state !== "filled" && !sending.has(dataset.place ?? ""),
    }));
    const place = placeOf(placeFor(file.name, states, taken, only) ?? "");
    if (place) {
      taken.add(place.dataset.place ?? "");
      send(place, file);
    } else problem(word("noPlace", { name: file.name }));
  }
}

function choose(place: HTMLElement | null, family = place?.dataset.family ?? ""): void {
  const input = document.createElement("input");
  input.type = "file";
  input.multiple = true;
  input.accept = ACCEPT[family] ?? "";
  input.addEventListener("change", () => chosen(place, [...(input.files ?? [])], family));
  input.click();
}

function chosen(place: HTMLElement | null, files: File[], family: string): void {
  const [first] = files;
  const here = place && placeOf(place.dataset.place ?? "");
  if (here && first && files.length === 1) send(here, first);
  else distribute(files, place ? undefined : family);
}

// --- hands ---------------------------------------------------------------------------------------------------------

function clicked(event: Event): void {
  const target = event.target as Element;
  const place = target.closest<HTMLElement>("[data-place]");
  const slot = place?.dataset.place ?? "";
  const one = sending.get(slot);
  if (target.closest("[data-pause]") && one) {
    one.state = "paused";
    void one.upload?.abort();
    draw(one);
    place?.querySelector<HTMLElement>("[data-resume]")?.focus();
    next();
  } else if (target.closest("[data-resume]") && one) {
    go(one);
    place?.querySelector<HTMLElement>("[data-pause]")?.focus();
  } else if (target.closest("[data-cancel]")) void cancel(slot);
  else if (target.closest("[data-drop]") && place?.dataset.upload) {
    void drop(place.dataset.upload).then(() => redraw(slot));
  } else {
    const pick = target.closest<HTMLElement>("[data-pick]");
    if (pick && !one) choose(place, place ? place.dataset.family : pick.dataset.pick);
  }
}

function dragged(event: DragEvent): void {
  if (!event.dataTransfer?.types.includes("Files")) return;
  event.preventDefault();
  const over = (event.target as Element).closest<HTMLElement>("[data-place]");
  for (const place of places()) place.toggleAttribute("data-over", place === over);
  root.toggleAttribute("data-over", event.type === "dragover");
}

function dropped(event: DragEvent): void {
  const files = [...(event.dataTransfer?.files ?? [])];
  if (files.length === 0) return;
  event.preventDefault();
  const place = (event.target as Element).closest<HTMLElement>("[data-place]");
  for (const each of [root, ...places()]) each.removeAttribute("data-over");
  const [first] = files;
  if (place && first && files.length === 1) send(place, first);
  else distribute(files);
}

function reached(): void {
  for (const one of sending.values()) if (one.state === "lost") go(one);
}

export function startUploads(): void {
  const found = document.querySelector<HTMLElement>("[data-uploads]");
  if (!found) return;
  root = found;
  root.addEventListener("click", clicked);
  document.addEventListener("dragover", dragged);
  document.addEventListener("drop", dropped);
  document.addEventListener("dragleave", (event) => {
    if (event.relatedTarget === null)
      for (const each of [root, ...places()]) each.removeAttribute("data-over");
  });
  addEventListener("online", reached);
  document.addEventListener("midline:reached", reached);
  document.addEventListener("htmx:after:swap", () => setTimeout(follow));
  addEventListener("beforeunload", (event) => {
    if ([...sending.values()].some((one) => one.state === "going")) event.preventDefault();
  });
  follow();
}
