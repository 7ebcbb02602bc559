/**
 * The drawn picture: renderer, light, cameras, and one frame whenever something changed. Nothing runs in between.
 */
import {
  DirectionalLight,
  HemisphereLight,
  NeutralToneMapping,
  Scene,
  Vector2,
  Vector3,
  WebGLRenderer,
} from "three";
import type { Arch, ViewName } from "../format/plan.ts";
import { type Frame, Lens } from "./lens.ts";
import type { Hit, Model } from "./model.ts";
import { Occlusion } from "./occlusion.ts";
import { Outline } from "./outline.ts";
import { Palette } from "./palette.ts";

/** More pixels than this cost time and battery and show nothing more. */
const MOST_PIXELS = 2;
/** The picture counts as at rest after this long without a frame; then it is worth asking what hides what. */
const REST_MS = 90;

export class Stage {
  readonly scene = new Scene();
  readonly lens: Lens;
  readonly palette: Palette;
  readonly renderer: WebGLRenderer;
  readonly occlusion: Occlusion;
  readonly outline: Outline;
  /** Teeth to draw as lines over the picture, or null. */
  ghost: Scene | null = null;
  model: Model | null = null;
  drawnFrames = 0;
  /** Called after each frame, with the picture's size in CSS pixels. */
  onDrawn: (frame: Frame) => void = () => {};
  /** Called once the picture has come to rest. */
  onRest: () => void = () => {};
  /** Called when the box has another size. */
  onResized: () => void = () => {};
  private frame: Frame = { width: 1, height: 1 };
  private asked = 0;
  private rest = 0;
  private readonly watch: ResizeObserver;

  /** Raises an Error when the browser gives no WebGL context. */
  constructor(
    readonly canvas: HTMLCanvasElement,
    private readonly box: HTMLElement,
  ) {
    this.renderer = new WebGLRenderer({ canvas, antialias: true, alpha: true });
    this.renderer.setClearColor(0x000000, 0);
    // Keeps highlights on enamel from burning out without shifting its shade.
    this.renderer.toneMapping = NeutralToneMapping;
    this.palette = new Palette(box);
    this.lens = new Lens(canvas);
    this.occlusion = new Occlusion(this.renderer);
    this.outline = new Outline(this.renderer, this.palette);
    this.light();
    this.lens.controls.addEventListener("change", () => this.invalidate());
    this.watch = new ResizeObserver(() => this.resize());
    this.watch.observe(box);
    this.resize();
  }

  /** A soft sky, a key from the upper left and a weak fill: all but the sky turn with the camera. */
  private light(): void {
    this.scene.add(new HemisphereLight("#ffffff", "#dccbc1", 1.85));
    for (const camera of [this.lens.perspective, this.lens.orthographic]) {
      const key = new DirectionalLight("#fffaf2", 1.95);
      key.position.set(-0.5, 0.75, 1);
      const fill = new DirectionalLight("#e8f2ff", 0.8);
      fill.position.set(0.9, -0.1, 0.6);
      camera.add(key, key.target, fill, fill.target);
    }
  }

  /** Put a model in place of the one before, which is freed. The caller sets its stage. */
  replaceModel(model: Model): void {
    this.model?.dispose();
    this.model = model;
    this.scene.add(model.root);
    this.invalidate();
  }

  /** Ask for a frame; many wishes in one turn make one frame. */
  invalidate(): void {
    if (this.asked === 0) this.asked = requestAnimationFrame(() => this.draw());
  }

  private draw(): void {
    this.asked = 0;
    const { camera } = this.lens;
    // Lights hang on the camera, so only the one in use may be part of the scene.
    for (const other of [this.lens.perspective, this.lens.orthographic])
      if (other !== camera) other.removeFromParent();
    if (!camera.parent) this.scene.add(camera);
    this.renderer.render(this.scene, camera);
    if (this.ghost) this.outline.draw(this.scene, camera, this.ghost);
    this.drawnFrames++;
    this.onDrawn(this.frame);
    clearTimeout(this.rest);
    this.rest = window.setTimeout(() => this.onRest(), REST_MS);
  }

  private resize(): void {
    const { clientWidth: width, clientHeight: height } = this.box;
    if (width === 0 || height === 0) return;
    this.frame = { width, height };
    this.renderer.setPixelRatio(Math.min(window.devicePixelRatio, MOST_PIXELS));
    this.renderer.setSize(width, height, false);
    this.lens.resize(this.frame);
    this.onResized();
    this.invalidate();
  }

  get size(): Frame {
    return this.frame;
  }

  /** Look from a named side, or along a direction, at everything visible. Margin in CSS pixels a side. */
  look(from: ViewName | Vector3, margin: Frame): void {
    this.lens.fit(from, this.visiblePoints(), margin);
    this.invalidate();
  }

  private visiblePoints(): Vector3[] {
    const points: Vector3[] = [];
    for (const [key, outline] of this.model?.outlines ?? []) {
      if (this.model?.parts.get(key)?.node.visible) points.push(...outline);
    }
    return points.length > 0 ? points : [new Vector3(-30, 0, -20), new Vector3(30, 50, 20)];
  }

  show(arch: Arch, visible: boolean): void {
    this.model?.show(arch, visible);
    this.invalidate();
  }

  /** What lies under a place in the window, or null; on another model where one is shown in this one's place. */
  pickAt(clientX: number, clientY: number, other?: Model): Hit | null {
    const { left, top, width, height } = this.canvas.getBoundingClientRect();
    const at = new Vector2(((clientX - left) / width) * 2 - 1, 1 - ((clientY - top) / height) * 2);
    return (other ?? this.model)?.pick(at, this.lens.camera) ?? null;
  }

  /** CSS pixels from the upper left corner of the picture. */
  toScreen(world: Vector3): { x: number; y: number; inside: boolean } {
    const { x, y, z } = world.clone().project(this.lens.camera);
    return {
      x: ((x + 1) / 2) * this.frame.width,
      y: ((1 - y) / 2) * this.frame.height,
      inside: Math.abs(x) <= 1 && Math.abs(y) <= 1 && Math.abs(z) <= 1,
    };
  }

  /** Free everything on the graphics card. The stage cannot be used again. */
  dispose(): void {
    cancelAnimationFrame(this.asked);
    clearTimeout(this.rest);
    this.asked = -1;
    this.watch.disconnect();
    this.lens.controls.dispose();
    this.occlusion.dispose();
    this.outline.dispose();
    this.model?.dispose();
    this.palette.dispose();
    this.renderer.dispose();
    this.renderer.forceContextLoss();
  }
}
