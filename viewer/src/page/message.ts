/** One message over the picture: loading, what went wrong and what to do, or a hint while a tool waits for a click. */

export class Message {
  private readonly box = document.createElement("div");
  private readonly text = document.createElement("p");
  private readonly button = document.createElement("button");
  private waiting = 0;

  constructor(layer: HTMLElement, retryLabel: string) {
    this.box.className = "mv-message";
    this.box.role = "status";
    this.button.type = "button";
    this.button.className = "btn btn-line btn-sm";
    this.button.textContent = retryLabel;
    this.box.append(this.text, this.button);
    this.clear();
    layer.append(this.box);
  }

  /** Shown at once; with `retry` also a button. A hint is small and out of the way; beside: under the pictures that stand in for the models. */
  show(
    text: string,
    { retry, kind = "fault" }: { retry?: () => void; kind?: "fault" | "hint" | "beside" } = {},
  ): void {
    clearTimeout(this.waiting);
    this.text.textContent = text;
    this.box.dataset.kind = kind;
    this.button.hidden = !retry;
    this.button.onclick = retry ?? null;
    this.box.hidden = false;
  }

  /** Shown only if it lasts: what is quick needs no words. */
  soon(text: string, after_ms = 200): void {
    this.clear();
    this.waiting = window.setTimeout(() => this.show(text, { kind: "hint" }), after_ms);
  }

  clear(): void {
    clearTimeout(this.waiting);
    this.box.hidden = true;
  }
}
