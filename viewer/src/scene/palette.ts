/**
 * Materials of the models. Teeth and gingiva keep their colours in both themes (a shade is clinical information); what
 * marks something (selection, changes, attachments) follows the page's CSS variables.
 */
import { Color, DoubleSide, type Material, MeshStandardMaterial, SRGBColorSpace } from "three";

import { BANDS } from "../contacts/bands.ts";
import { FADE_MM, GONE_MM } from "./border.ts";

const TOOTH = "#f9f2e5";
const GINGIVA = "#ecb1a7";
const CAST = "#e9e2d4";
/** What stands out of a bare tooth by this much is its attachment; below, it may be what packing has rounded. */
const BONDED_FROM_MM = 0.12;
const BONDED_TO_MM = 0.3;

/** Read CSS colours of any notation (the theme uses oklch) as sRGB, through the browser's own parser. */
class CssColours {
  private readonly paint = document.createElement("canvas").getContext("2d", { willReadFrequently: true });

  constructor(private readonly element: Element) {}

  read(variable: string, otherwise: string): Color {
    const value = getComputedStyle(this.element).getPropertyValue(variable).trim();
    if (!this.paint) return new Color(otherwise);
    this.paint.fillStyle = otherwise;
    if (value) this.paint.fillStyle = value;
    this.paint.fillRect(0, 0, 1, 1);
    const [r = 0, g = 0, b = 0] = this.paint.getImageData(0, 0, 1, 1).data;
    return new Color().setRGB(r / 255, g / 255, b / 255, SRGBColorSpace);
  }
}

export class Palette {
  readonly tooth = new MeshStandardMaterial({ color: TOOTH, roughness: 0.4 });
  readonly selected = new MeshStandardMaterial({ roughness: 0.38 });
  /** Both sides: a gingiva is an open sheet, seen from inside in the occlusal views. In one pass: two would take twice the time for the rim alone. */
  readonly gingiva = new MeshStandardMaterial({
    color: GINGIVA,
    roughness: 0.5,
    side: DoubleSide,
    vertexColors: true,
    transparent: true,
    forceSinglePass: true,
  });
  /** An arch whose teeth could not be told from its gingiva: one colour, as a plaster cast. */
  readonly cast = new MeshStandardMaterial({
    color: CAST,
    roughness: 0.6,
    side: DoubleSide,
    vertexColors: true,
    transparent: true,
    forceSinglePass: true,
  });
  readonly attachment = new MeshStandardMaterial({ roughness: 0.35 });
  /** IPR that is due at the stage, and the one that comes next. */
  readonly due = new MeshStandardMaterial({ roughness: 0.5 });
  readonly dueNext = new MeshStandardMaterial({
    roughness: 0.5,
    transparent: true,
    opacity: 0.45,
    depthWrite: false,
  });
  /** Whether attachments that are shapes of the models have a marker's colour, 0 or 1. */
  readonly shapesInColour = { value: 1 };
  /** Teeth that differ from the version compared with. */
  readonly changed = new MeshStandardMaterial({ roughness: 0.4 });
  /** What a comparison leaves aside: still there to hold on to, never in the way. */
  readonly aside = new MeshStandardMaterial({
    color: TOOTH,
    roughness: 0.6,
    transparent: true,
    opacity: 0.22,
    depthWrite: false,
  });
  /** Teeth of the contact map: the attribute `gap` is a distance in mm, painted in bands. */
  readonly contact = new MeshStandardMaterial({ color: TOOTH, roughness: 0.5 });
  /** The line around an outlined tooth, and what keeps it apart from the ground. */
  readonly line = new Color();
  readonly casing = new Color();
  private readonly colours: CssColours;

  constructor(element: Element) {
    this.colours = new CssColours(element);
    // The alpha of a gingiva's vertex colour is its distance from the rim.
    for (const material of [this.gingiva, this.cast]) {
      material.onBeforeCompile = (shader) => {
        const opacity = `diffuseColor.a *= smoothstep(${GONE_MM.toFixed(2)}, ${FADE_MM.toFixed(2)}, vColor.a);`;
        shader.fragmentShader = shader.fragmentShader.replace("#include <color_fragment>", opacity);
      };
    }
    // The attribute `bonded` is how far a point stands out of the bare tooth, mm; teeth without it read 0.
    for (const material of [this.tooth, this.selected, this.changed]) {
      material.onBeforeCompile = (shader) => {
        shader.uniforms.bondedColour = { value: this.attachment.color };
        shader.uniforms.bondedShown = this.shapesInColour;
        shader.vertexShader = shader.vertexShader
          .replace("#include <common>", "#include <common>\nattribute float bonded;\nvarying float vBonded;")
          .replace("#include <begin_vertex>", "#include <begin_vertex>\nvBonded = bonded;");
        const colour = `diffuseColor.rgb = mix(diffuseColor.rgb, bondedColour, bondedShown * smoothstep(${BONDED_FROM_MM.toFixed(2)}, ${BONDED_TO_MM.toFixed(2)}, vBonded));`;
        shader.fragmentShader = shader.fragmentShader
          .replace(
            "#include <common>",
            "#include <common>\nvarying float vBonded;\nuniform vec3 bondedColour;\nuniform float bondedShown;",
          )
          .replace("#include <color_fragment>", `#include <color_fragment>\n${colour}`);
      };
    }
    this.contact.onBeforeCompile = (shader) => {
      shader.vertexShader = shader.vertexShader
        .replace("#include <common>", "#include <common>\nattribute float gap;\nvarying float vGap;")
        .replace("#include <begin_vertex>", "#include <begin_vertex>\nvGap = gap;");
      const bands = BANDS.map(({ upTo, colour }) => {
        const { r, g, b } = new Color().setRGB(
          ...(colour.map((part) => part / 255) as [number, number, number]),
          SRGBColorSpace,
        );
        return `if (vGap <= ${upTo.toFixed(3)}) diffuseColor.rgb = vec3(${r.toFixed(4)}, ${g.toFixed(4)}, ${b.toFixed(4)});`;
      });
      shader.fragmentShader = shader.fragmentShader
        .replace("#include <common>", "#include <common>\nvarying float vGap;")
        .replace("#include <color_fragment>", bands.join("\nelse "));
    };
    this.followTheme();
  }

  followTheme(): void {
    const accent = this.colours.read("--color-primary", "#006477");
    // A deep petrol would hide the tooth's form: its hue is kept, at a lightness on which shading shows.
    const { h } = accent.getHSL({ h: 0, s: 0, l: 0 }, SRGBColorSpace);
    this.selected.color.setHSL(h, 0.42, 0.68, SRGBColorSpace);
    this.changed.color.setHSL(h, 0.3, 0.82, SRGBColorSpace);
    // Enamel is light in both themes, so the line is dark in both; on a dark ground its casing carries it.
    this.line.setHSL(h, 0.5, 0.17, SRGBColorSpace);
    this.casing.copy(this.colours.read("--color-base-100", "#ffffff")).lerp(new Color("#ffffff"), 0.55);
    this.attachment.color.copy(this.colours.read("--ml-act-dot", "#cb7909")).lerp(new Color("#ffd27a"), 0.3);
    for (const material of [this.due, this.dueNext]) material.color.copy(this.attachment.color);
  }

  dispose(): void {
    const all: Material[] = [
      this.contact,
      this.tooth,
      this.selected,
      this.changed,
      this.aside,
      this.gingiva,
      this.cast,
      this.attachment,
      this.due,
      this.dueNext,
    ];
    for (const material of all) material.dispose();
  }
}
