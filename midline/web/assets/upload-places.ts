/** Into which place a dropped file goes, read from its name. The server looks at the content; this only saves the reader's hands. */

export type Family = "scan" | "photo" | "xray";

const ENDINGS: Record<string, Family> = {
  stl: "scan",
  ply: "scan",
  obj: "scan",
  zip: "scan",
  jpg: "photo",
  jpeg: "photo",
  png: "photo",
  heic: "photo",
  pdf: "xray",
  dcm: "xray",
  dicom: "xray",
};

/** The first that fits wins, so that "upper occlusal" is not taken for an upper scan. */
const SCANS: [RegExp, string][] = [
  [/\b(bite|biss|okklusj\w*|occlusion\w*|articulat\w*|bukkal|buccal)\b/, "bite"],
  [/\b(upper|maxill?a\w*|max|sup\w*|ok|ovre|oberkiefer|u)\b/, "upper_scan"],
  [/\b(lower|mandib\w*|mand|inf\w*|uk|nedre|unterkiefer|l)\b/, "lower_scan"],
];
const PHOTOS: [RegExp, string][] = [
  [
    /(upper|maxill?a\w*|ovre|oberkiefer).*(occl|okkl)|(occl|okkl)\w*.*(upper|maxill?a|ovre)/,
    "upper_occlusal",
  ],
  [/(lower|mandib\w*|nedre|unterkiefer).*(occl|okkl)|(occl|okkl)\w*.*(lower|mandib|nedre)/, "lower_occlusal"],
  [/profil/, "profile"],
  [/smil|lachel|sonris|sourire/, "face_smile"],
  [/\b(rest|repose|relaxed|face|frontal face)\b/, "face_rest"],
  [/\b(right|rechts|hoyre|droite?|derech\w*)\b/, "right_bite"],
  [/\b(left|links|venstre|gauche|izquierd\w*)\b/, "left_bite"],
  [/\b(front\w*|anterior|intraoral)\b/, "front_bite"],
];
const XRAYS: [RegExp, string][] = [
  [/\b(pano\w*|opg|opt|orthopan\w*)\b/, "panoramic"],
  [/ceph|\blateral|fernrontgen/, "lateral_ceph"],
  [/\b(fms|fmx|full|status|series)\b/, "full_set"],
];
const NAMES: Record<Family, [RegExp, string][]> = { scan: SCANS, photo: PHOTOS, xray: XRAYS };

/** `name` without ending, accents and case, words apart: "Maxilla_Øvre.STL" becomes "maxilla ovre". */
export function plain(name: string): string {
  const stem = name.replace(/\.[^.]*$/, "");
  return stem
    .replace(/([a-zæøå])([A-ZÆØÅ])/g, "$1 $2")
    .normalize("NFKD")
    .replace(/[\u0300-\u036f]/g, "")
    .toLowerCase()
    .replaceAll("ø", "o")
    .replaceAll("æ", "ae")
    .replace(/[^a-z0-9]+/g, " ")
    .replace(/([a-z])(\d)/g, "$1 $2")
    .trim();
}

function called(words: string, names: [RegExp, string][]): string | undefined {
  return names.find(([pattern]) => pattern.test(words))?.[1];
}

/** scan, photo or xray by ending and words; a file without an ending is most likely a DICOM. */
export function familyOf(name: string): Family | undefined {
  const ending = /\.([^.]+)$/.exec(name)?.[1]?.toLowerCase();
  const family = ending === undefined ? "xray" : ENDINGS[ending];
  if (family === "photo" && called(plain(name), XRAYS)) return "xray";
  return family;
}

export interface PlaceState {
  slot: string;
  family: string;
  free: boolean;
}

/**
 * The place for `name` among `places`: by its words, else the first free one of its family. A place named by the words is taken even
 * when it is filled (the file replaces what is there), but never by two files of one drop (`taken`). `only`: the family, whatever the ending says.
 */
export function placeFor(
  name: string,
  places: PlaceState[],
  taken: ReadonlySet<string>,
  only?: string,
): string | undefined {
  const family = (only as Family | undefined) || familyOf(name);
  if (!family) return undefined;
  const own = places.filter((place) => place.family === family && !taken.has(place.slot));
  const words = called(plain(name), NAMES[family]);
  if (words && own.some((place) => place.slot === words)) return words;
  return own.find((place) => place.free)?.slot;
}

/** Seconds that the rest will take at the pace so far, or undefined while nothing can be said. */
export function secondsLeft(
  sent: number,
  begunAt: number,
  total: number,
  elapsedMs: number,
): number | undefined {
  const moved = sent - begunAt;
  if (elapsedMs < 1500 || moved <= 0) return undefined;
  return Math.max(1, Math.round(((total - sent) * elapsedMs) / moved / 1000));
}
