/** Entry: mounts the viewer where the page has a place for it. */
import "./viewer.css";
import { PlanError } from "../format/plan.ts";
import { planInPage, wordsInPage } from "./block.ts";
import { Message } from "./message.ts";
import { Viewer } from "./mount.ts";

interface Handle {
  readonly ready: Promise<void>;
  readonly stage: () => number;
  readonly setStage: (stage: number) => void;
  readonly select: (fdi: number | null) => void;
  readonly teethVisible: () => number;
  readonly outlined: () => number;
  readonly marks: () => { markers: number; shapes: number; strips: number };
  readonly onCard: () => { geometries: number; textures: number };
  readonly drawnFrames: number;
  readonly failure: string | null;
  readonly dispose: () => void;
}

declare global {
  interface Window {
    midlineViewer?: Handle;
  }
}

function mount(root: HTMLElement): Viewer | null {
  try {
    return new Viewer(root, planInPage());
  } catch (error) {
    if (!(error instanceof PlanError || error instanceof SyntaxError)) throw error;
    const words = wordsInPage();
    new Message(root, words.say("retry")).show(words.say("no_plan"));
    console.error(error);
    return null;
  }
}

function start(root: HTMLElement): void {
  let viewer = mount(root);
  if (!viewer) return;
  window.midlineViewer = {
    get ready() {
      return viewer?.ready ?? Promise.resolve();
    },
    stage: () => viewer?.store.state.stage ?? 0,
    setStage: (stage) => viewer?.player.go(stage),
    select: (fdi) => viewer?.select(fdi),
    teethVisible: () => viewer?.drawing?.teethVisible ?? 0,
    outlined: () => viewer?.drawing?.outlined ?? 0,
    marks: () => viewer?.drawing?.marks ?? { markers: 0, shapes: 0, strips: 0 },
    onCard: () => viewer?.onCard ?? { geometries: 0, textures: 0 },
    get drawnFrames() {
      return viewer?.drawing?.drawnFrames ?? 0;
    },
    get failure() {
      return viewer?.failure ?? null;
    },
    dispose: () => viewer?.dispose(),
  };
  window.addEventListener("pagehide", () => viewer?.dispose());
  // A page that comes back from the browser's own cache was freed when it was left.
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) viewer = mount(root);
  });
}

// Static storage that renames files may load this entry under two addresses; the first one has mounted.
const root = document.querySelector<HTMLElement>("[data-viewer]");
if (root && !window.midlineViewer) start(root);
