/**
 * Lines round teeth that stand elsewhere, over the picture: one even line whatever the view. The teeth are drawn as flat numbers into a texture
 * with their depth; where neighbouring pixels hold different numbers runs an outline. It is left out where the models hide it by more than a
 * little, so that what is behind the arch stays behind it.
 */
import {
  type Camera,
  type Color,
  DepthTexture,
  DoubleSide,
  Mesh,
  MeshBasicMaterial,
  NearestFilter,
  OrthographicCamera,
  type PerspectiveCamera,
  PlaneGeometry,
  Scene,
  ShaderMaterial,
  UnsignedIntType,
  Vector2,
  type WebGLRenderer,
  WebGLRenderTarget,
} from "three";

/** Half the line, in CSS pixels. */
const HALF_LINE = 1;
/** A line this far (mm) inside a tooth is still seen: an outline runs through the tooth it belongs to… */
const THROUGH_TOOTH_MM = 3.5;
/** …but roots are drawn under the gingiva, not on it. */
const THROUGH_GINGIVA_MM = 0.6;
/** The layer that holds the gingiva alone, beside the one that holds everything. */
export const GINGIVA_LAYER = 1;

const VERTEX = `varying vec2 at;
void main() { at = uv; gl_Position = vec4(position.xy, 0.0, 1.0); }`;

const FRAGMENT = `#include <packing>
varying vec2 at;
uniform sampler2D ids;
uniform sampler2D idDepth;
uniform sampler2D depth;
uniform sampler2D gingiva;
uniform vec2 pixel;
uniform float radius;
uniform float near;
uniform float far;
uniform bool flat_;
uniform vec3 line;
uniform vec3 casing;
float away(sampler2D from, vec2 where) {
  float d = texture2D(from, where).x;
  return -(flat_ ? orthographicDepthToViewZ(d, near, far) : perspectiveDepthToViewZ(d, near, far));
}
float id(vec2 where) { return floor(texture2D(ids, where).r * 255.0 + 0.5); }
vec2 edge(float reach) {
  float own = id(at);
  float other = 0.0;
  float nearest = own > 0.0 ? away(idDepth, at) : far;
  for (int i = 0; i < 12; i++) {
    float turn = 6.2831853 * float(i) / 12.0;
    vec2 there = at + vec2(cos(turn), sin(turn)) * pixel * reach;
    float found = id(there);
    if (found != own) other += 1.0 / 12.0;
    if (found > 0.0) nearest = min(nearest, away(idDepth, there));
  }
  return vec2(other, nearest);
}
void main() {
  vec2 wide = edge(radius * 2.1);
  if (wide.x == 0.0) discard;
  if (away(depth, at) + ${THROUGH_TOOTH_MM.toFixed(1)} < wide.y) discard;
  if (away(gingiva, at) + ${THROUGH_GINGIVA_MM.toFixed(1)} < wide.y) discard;
  vec2 fine = edge(radius);
  float ink = smoothstep(0.04, 0.3, fine.x);
  float halo = smoothstep(0.04, 0.3, wide.x) * 0.5;
  gl_FragColor = vec4(mix(casing, line, ink), max(ink, halo));
  #include <colorspace_fragment>
}`;

export class Outline {
  private readonly ids = new WebGLRenderTarget(1, 1, { minFilter: NearestFilter, magFilter: NearestFilter });
  private readonly models = new WebGLRenderTarget(1, 1);
  private readonly gingiva = new WebGLRenderTarget(1, 1);
  private readonly depthOnly = new MeshBasicMaterial({ side: DoubleSide, colorWrite: false });
  private readonly material: ShaderMaterial;
  private readonly sheet: Mesh;
  private readonly overlay = new Scene();
  private readonly front = new OrthographicCamera(-1, 1, 1, -1, 0, 1);

  constructor(
    private readonly renderer: WebGLRenderer,
    colours: { readonly line: Color; readonly casing: Color },
  ) {
    for (const target of this.targets) target.depthTexture = new DepthTexture(1, 1, UnsignedIntType);
    this.material = new ShaderMaterial({
      vertexShader: VERTEX,
      fragmentShader: FRAGMENT,
      uniforms: {
        ids: { value: this.ids.texture },
        idDepth: { value: this.ids.depthTexture },
        depth: { value: this.models.depthTexture },
        gingiva: { value: this.gingiva.depthTexture },
        pixel: { value: new Vector2() },
        radius: { value: 1 },
        near: { value: 1 },
        far: { value: 2 },
        flat_: { value: false },
        line: { value: colours.line },
        casing: { value: colours.casing },
      },
      transparent: true,
      depthTest: false,
      depthWrite: false,
      toneMapped: false,
    });
    this.sheet = new Mesh(new PlaneGeometry(2, 2), this.material);
    this.sheet.frustumCulled = false;
    this.overlay.add(this.sheet);
  }

  /** Draw the outlines of `ghost` over the picture of `scene` that was just drawn. */
  draw(scene: Scene, camera: PerspectiveCamera | OrthographicCamera, ghost: Scene): void {
    const { renderer, material } = this;
    const size = renderer.getDrawingBufferSize(new Vector2());
    for (const target of this.targets) target.setSize(size.x, size.y);
    renderer.setClearColor(0x000000, 0);
    scene.overrideMaterial = this.depthOnly;
    this.into(this.models, scene, camera);
    camera.layers.set(GINGIVA_LAYER);
    this.into(this.gingiva, scene, camera);
    camera.layers.set(0);
    scene.overrideMaterial = null;
    this.into(this.ids, ghost, camera);
    renderer.setRenderTarget(null);
    const { uniforms } = material;
    uniforms.pixel?.value.set(1 / size.x, 1 / size.y);
    Object.assign(uniforms.radius ?? {}, { value: HALF_LINE * renderer.getPixelRatio() });
    Object.assign(uniforms.near ?? {}, { value: camera.near });
    Object.assign(uniforms.far ?? {}, { value: camera.far });
    Object.assign(uniforms.flat_ ?? {}, { value: camera instanceof OrthographicCamera });
    renderer.autoClear = false;
    renderer.render(this.overlay, this.front);
    renderer.autoClear = true;
  }

  private get targets(): readonly WebGLRenderTarget[] {
    return [this.ids, this.models, this.gingiva];
  }

  private into(target: WebGLRenderTarget, scene: Scene, camera: Camera): void {
    this.renderer.setRenderTarget(target);
    this.renderer.clear();
    this.renderer.render(scene, camera);
  }

  dispose(): void {
    for (const target of this.targets) {
      target.depthTexture?.dispose();
      target.dispose();
    }
    this.depthOnly.dispose();
    this.material.dispose();
    this.sheet.geometry.dispose();
  }
}
