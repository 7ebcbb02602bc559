/**
 * Which points of the models lie behind something: the depth of the picture is drawn small into a texture and read back without
 * waiting for it. Exact for any view and stage, and as cheap for thirty labels as for one.
 */
import {
  type Camera,
  DoubleSide,
  MeshDepthMaterial,
  NoBlending,
  type Object3D,
  RGBADepthPacking,
  type Scene,
  Vector3,
  type WebGLRenderer,
  WebGLRenderTarget,
} from "three";

const SHRINK = 3;
/** A label stands on the surface or a little inside the gingiva; only what covers it by more than this hides it. */
const TOLERANCE_MM = 4;

/** Undoes three's packing of a depth of 0…1 into four bytes. */
export function unpackDepth(r: number, g: number, b: number, a: number): number {
  if (r === 255 && g === 255 && b === 255 && a === 255) return 1;
  return (r + g / 256 + b / 65536 + a / 255 / 65536) / 256;
}

export class Occlusion {
  private readonly material = new MeshDepthMaterial({
    depthPacking: RGBADepthPacking,
    blending: NoBlending,
    side: DoubleSide,
  });
  private readonly target = new WebGLRenderTarget(1, 1);
  private newest = 0;

  constructor(private readonly renderer: WebGLRenderer) {}

  /**
   * For each world point: is it in sight? Resolves to null when a newer question was asked meanwhile or the card gave up.
   * `leaveOut` are objects that hide nothing (ghost).
   */
  async visible(
    scene: Scene,
    camera: Camera,
    leaveOut: readonly Object3D[],
    points: readonly Vector3[],
  ): Promise<boolean[] | null> {
    const asked = ++this.newest;
    const { width, height } = this.draw(scene, camera, leaveOut);
    const nearer = camera.getWorldDirection(new Vector3()).multiplyScalar(-TOLERANCE_MM);
    const projected = points.map((point) => point.clone().add(nearer).project(camera));
    const pixels = new Uint8Array(width * height * 4);
    try {
      await this.renderer.readRenderTargetPixelsAsync(this.target, 0, 0, width, height, pixels);
    } catch {
      // The graphics card gave up or the page is being left: there is no answer.
      return null;
    }
    if (asked !== this.newest) return null;
    return projected.map(({ x, y, z }) => {
      if (Math.abs(x) > 1 || Math.abs(y) > 1) return false;
      const column = Math.min(width - 1, Math.floor(((x + 1) / 2) * width));
      const row = Math.min(height - 1, Math.floor(((y + 1) / 2) * height));
      const at = (row * width + column) * 4;
      const [r = 255, g = 255, b = 255, a = 255] = pixels.subarray(at, at + 4);
      return (z + 1) / 2 <= unpackDepth(r, g, b, a) + 1e-6;
    });
  }

  private draw(
    scene: Scene,
    camera: Camera,
    leaveOut: readonly Object3D[],
  ): { width: number; height: number } {
    const { renderer, target } = this;
    const canvas = renderer.domElement;
    const width = Math.max(1, Math.round(canvas.clientWidth / SHRINK));
    const height = Math.max(1, Math.round(canvas.clientHeight / SHRINK));
    target.setSize(width, height);
    const shown = leaveOut.filter((object) => object.visible);
    for (const object of shown) object.visible = false;
    scene.overrideMaterial = this.material;
    renderer.setRenderTarget(target);
    renderer.setClearColor(0xffffff, 1);
    renderer.render(scene, camera);
    renderer.setRenderTarget(null);
    renderer.setClearColor(0x000000, 0);
    scene.overrideMaterial = null;
    for (const object of shown) object.visible = true;
    return { width, height };
  }

  dispose(): void {
    this.newest++;
    this.target.dispose();
    this.material.dispose();
  }
}
