/**
 * A form that sends one large file: `<form data-resumable="/lab/uploads/" data-order="12" data-purpose="setup" data-then="/lab/…/">`.
 * Sent in pieces of 4 MB that survive a lost connection, with progress in `[data-progress]`; when the server has taken it, `data-then` opens.
 * `data-upload`, `data-name` and `data-size` name an unfinished upload: the same file chosen again goes on from there.
 * Without scripts, or with a box `[data-agree]` that is not ticked, the form is sent as it is and the server answers.
 */
import type { DetailedError, Upload } from "tus-js-client";
import { secondsLeft } from "./upload-places.ts";

const PIECE = 4 * 1024 * 1024;
const RETRIES = [500, 1500, 4000, 8000, 15000];
const ASK_AGAIN = 700;

interface Outcome {
  state: string;
  reason: string;
}

class Sender {
  private upload?: Upload;
  private begun = { at: 0, bytes: -1 };
  private readonly form: HTMLFormElement;
  private readonly file: File;

  constructor(form: HTMLFormElement, file: File) {
    this.form = form;
    this.file = file;
  }

  async begin(): Promise<void> {
    const tus = await import("tus-js-client");
    const { dataset } = this.form;
    const goesOn =
      dataset.upload && dataset.name === this.file.name && Number(dataset.size) === this.file.size;
    const csrf = this.form.querySelector<HTMLInputElement>("[name=csrfmiddlewaretoken]")?.value ?? "";
    this.upload = new tus.Upload(this.file, {
      endpoint: dataset.resumable ?? "",
      uploadUrl: (goesOn && dataset.upload) || null,
      chunkSize: PIECE,
      retryDelays: RETRIES,
      storeFingerprintForResuming: false,
      headers: { "X-CSRFToken": csrf },
      metadata: {
        filename: this.file.name,
        order: dataset.order ?? "",
        purpose: dataset.purpose ?? "",
        slot: "",
      },
      onShouldRetry: (error) => !refused(error) && navigator.onLine,
      onProgress: (sent, total) => this.moved(sent, total),
      onError: (error) => this.failed(error),
      onSuccess: () => void this.arrived(),
    });
    this.go();
  }

  go(): void {
    this.begun = { at: performance.now(), bytes: -1 };
    this.show(0, this.word("begins"));
    this.upload?.start();
  }

  private word(key: string, values: Record<string, string | number> = {}): string {
    const text = this.form.querySelector<HTMLElement>("[data-progress]")?.dataset[key] ?? "";
    return text.replace(/%\((\w+)\)s/g, (_, name: string) => String(values[name] ?? ""));
  }

  private show(percent: number, said: string, tone = ""): void {
    const box = this.form.querySelector<HTMLElement>("[data-progress]");
    if (!box) return;
    box.hidden = false;
    for (const line of box.querySelectorAll("[data-said]")) line.textContent = said;
    const bar = box.querySelector<HTMLElement>("[role=progressbar]");
    bar?.setAttribute("aria-valuenow", String(percent));
    bar?.setAttribute("aria-valuetext", said);
    bar?.toggleAttribute("data-tone", false);
    if (bar && tone) bar.dataset.tone = tone;
    const fill = bar?.querySelector<HTMLElement>("i");
    if (fill) fill.style.width = `${percent}%`;
    box.querySelector("[data-resume]")?.toggleAttribute("hidden", tone !== "act");
    this.form.querySelector("[data-problem]")?.toggleAttribute("hidden", tone !== "stop");
  }

  private moved(sent: number, total: number): void {
    if (this.begun.bytes < 0) this.begun = { at: performance.now(), bytes: sent };
    const percent = Math.min(99, Math.floor((100 * sent) / total));
    const left = secondsLeft(sent, this.begun.bytes, total, performance.now() - this.begun.at);
    const said =
      left === undefined ? this.word("percent", { percent }) : this.word("left", { percent, n: left });
    this.show(percent, said);
  }

  private failed(error: Error | DetailedError): void {
    if (refused(error)) this.refuse(reasonOf(error) || this.word("failed"));
    else this.show(0, this.word("lost"), "act");
  }

  /** All bytes are there; the server looks at them, and says what came of it. */
  private async arrived(): Promise<void> {
    this.show(100, this.word("checking"));
    for (;;) {
      const answer = await fetch(this.upload?.url ?? "", { headers: { Accept: "application/json" } }).catch(
        () => undefined,
      );
      if (answer && !answer.ok) return this.refuse(this.word("failed"));
      const { state, reason } = answer ? ((await answer.json()) as Outcome) : { state: "", reason: "" };
      if (state === "taken") return location.assign(this.form.dataset.then ?? location.href);
      if (state === "refused") return this.refuse(reason);
      await new Promise((resolve) => setTimeout(resolve, ASK_AGAIN));
    }
  }

  private refuse(reason: string): void {
    const problem = this.form.querySelector<HTMLElement>("[data-problem] [data-text]");
    if (problem) problem.textContent = reason;
    this.show(0, this.word("failed"), "stop");
    delete this.form.dataset.upload;
    delete this.form.dataset.sent;
    for (const button of this.form.querySelectorAll<HTMLButtonElement>("button[data-busy]")) {
      delete button.dataset.busy;
      button.removeAttribute("aria-disabled");
    }
  }
}

function refused(error: Error | DetailedError): boolean {
  const status = "originalResponse" in error ? (error.originalResponse?.getStatus() ?? 0) : 0;
  return status >= 400 && ![409, 423, 502, 503].includes(status);
}

function reasonOf(error: Error | DetailedError): string {
  try {
    const body = "originalResponse" in error ? error.originalResponse?.getBody() : "";
    const said: unknown = JSON.parse(body ?? "");
    if (said && typeof said === "object" && "reason" in said) return String(said.reason);
  } catch {
    // A page instead of the upload's own answer: signed out, or gone.
  }
  return "";
}

export function startResumable(): void {
  for (const form of document.querySelectorAll<HTMLFormElement>("form[data-resumable]")) {
    let sender: Sender | undefined;
    form.addEventListener("submit", (event) => {
      const file = form.querySelector<HTMLInputElement>("input[type=file]")?.files?.[0];
      const agree = form.querySelector<HTMLInputElement>("[data-agree]");
      if (!file || (agree && !agree.checked)) return;
      event.preventDefault();
      sender = new Sender(form, file);
      void sender.begin();
    });
    form.querySelector("[data-resume]")?.addEventListener("click", () => sender?.go());
    addEventListener("online", () => {
      if (form.querySelector("[data-resume]:not([hidden])")) sender?.go();
    });
  }
}
