/** The worker: each shape of a tooth once, then poses as often as the stage changes. Only the newest question is worth an answer. */
import { ContactField, type Posed, type ToothContacts, type ToothShape } from "./field.ts";

export type Question =
  | { readonly kind: "teeth"; readonly shapes: readonly ToothShape[] }
  | { readonly kind: "poses"; readonly ask: number; readonly poses: readonly Posed[] };

export interface Answer {
  readonly ask: number;
  readonly contacts: readonly ToothContacts[];
}

const field = new ContactField();

addEventListener("message", ({ data }: MessageEvent<Question>) => {
  if (data.kind === "teeth") field.add(data.shapes);
  else postMessage({ ask: data.ask, contacts: field.measure(data.poses) } satisfies Answer);
});
