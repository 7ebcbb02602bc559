/**
 * Every word the viewer can put on the screen. The server sends translations under the same keys in `strings`; what it
 * leaves out stays English. Full tooth names may be sent as `tooth_21` and so on.
 */
export const ENGLISH = {
  canvas: "Treatment setup {case}, version {version}, in 3D. The tables beside it hold the same plan.",
  play: "Play",
  pause: "Pause",
  stage: "Stage",
  stage_n: "Stage {n}",
  stage_of: "Stage {n} of {total}.",
  ipr_due: "IPR {contacts} is due before stage {n}.",
  extraction_due: "Extraction of {teeth} is due before stage {n}.",
  attachments_added_now: "Attachments go on: {teeth}.",
  attachments_removed_now: "Attachments come off: {teeth}.",
  tick_ipr: "IPR {amount} mm between {contacts}, before stage {n}",
  tick_extraction: "Extraction of {teeth}, before stage {n}",
  tick_attachments_on: "Attachments at stage {n}: {count} on",
  tick_attachments_off: "Attachments at stage {n}: {count} off",
  tick_upper_ends: "Upper arch ends at stage {n}",
  tick_lower_ends: "Lower arch ends at stage {n}",
  ipr_before: "before stage {n}",
  ipr_before_next: "before stage {n}, next",
  ipr_before_due: "before stage {n}, due now",
  attachments_on: "{count} on at stage {n}",
  attachments_tip: "The models carry no attachment shapes. Markers show where each attachment is planned.",
  attachments_tip_shapes:
    "Coloured attachments are shapes of the models. Markers show where the others are planned.",
  attachment_gone: "Tooth {tooth}: the attachment is gone",
  outline_start: "Superimpose start",
  outline_stage: "Superimpose stage {n}",
  outline_end: "Superimpose planned end",
  outline_version: "Superimpose version {version}",
  outline_version_start: "Superimpose version {version}, start",
  outline_version_stage: "Superimpose version {version}, stage {n}",
  version_n: "Version {version}",
  failed_overlay: "The other version could not be loaded. Check your connection and try again.",
  legend_stage: "Version {version}, stage {n}",
  legend_outline: "Version {version}, stage {n}, outline",
  due_now: "Due at stage {n}: {what}.",
  due_nothing: "Nothing is due at stage {n}.",
  due_next: "Next, at stage {n}: {what}.",
  due_out: "extraction of {teeth}",
  due_ipr: "IPR {contact} {amount} mm",
  due_on: "attachments on {teeth}",
  due_off: "attachments off {teeth}",
  movement_planned: "Planned",
  movement_so_far: "In total",
  movement_caption_step: "Movement of tooth {tooth} from stage {before} to stage {n}",
  all_planned: "Planned in total, from the start to the last stage",
  all_step: "From stage {before} to stage {n}",
  movement_caption: "Planned movement of tooth {tooth} at stage {n} of {total}",
  movement_none: "Tooth {tooth} is not planned to move.",
  mesial: "mesial",
  distal: "distal",
  buccal: "buccal",
  lingual: "lingual",
  extrusion: "extrusion",
  intrusion: "intrusion",
  mesial_out: "mesial out",
  mesial_in: "mesial in",
  root_lingual: "root lingual",
  root_buccal: "root buccal",
  none: "none",
  mm: "mm",
  pin_label: "Comment {number}, tooth {tooth}",
  pin_label_no_tooth: "Comment {number}",
  pin_draft: "Place of the new comment",
  pin_words: "Tooth {tooth} · stage {n}",
  pin_words_no_tooth: "Gingiva · stage {n}",
  pin_hint: "Click the place on the model that your comment is about. Esc leaves.",
  ipr_label: "IPR {contact}, {amount} mm, before stage {n}",
  measure_hint: "Click two points on the model. Esc leaves.",
  measure_value: "{distance} mm",
  loading: "Loading the models.",
  no_webgl:
    "This browser cannot draw in 3D, so pictures show the start and the planned end. The tables follow every stage.",
  no_plan: "The plan of this setup could not be read. Reload the page; if it stays, tell the lab.",
  unavailable: "This setup is no longer available to you.",
  failed: "The models could not be loaded. Check your connection and try again.",
  failed_full: "The fine models could not be loaded. You see the preview.",
  context_lost: "The graphics card stopped. The picture returns as soon as it can.",
  contacts_at: "Contacts at stage {n}, as exported",
  contacts_working: "Working out the contacts at stage {n}.",
  failed_contacts: "The contacts could not be worked out. Reload the page to try again.",
  contact_overlap: "Overlap, deeper than {from} mm",
  contact_touch: "Touching, to {to} mm",
  contact_near: "{from} to {to} mm",
  contact_close: "{from} to {to} mm",
  contact_far: "Farther than {from} mm",
  picture_start: "Start, as a picture",
  picture_end: "Planned end (stage {n}), as a picture",
  retry: "Retry",
} as const;

export type WordKey = keyof typeof ENGLISH;

/** Gives words and numbers in the reader's language; unknown placeholders are left as they are, so a slip is seen. */
export class Words {
  constructor(
    private readonly translated: Readonly<Record<string, string>>,
    private readonly language = "en",
  ) {}

  say(key: WordKey, values: Readonly<Record<string, string | number>> = {}): string {
    const pattern = this.translated[key] ?? ENGLISH[key];
    return pattern.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
  }

  /** "0.4" or "0,4": always so many decimals, no grouping. */
  number(value: number, decimals: number): string {
    const digits = { minimumFractionDigits: decimals, maximumFractionDigits: decimals, useGrouping: false };
    return new Intl.NumberFormat(this.language, digits).format(value);
  }

  /** The translated full name of a tooth, when the server sent one. */
  tooth(fdi: number): string | undefined {
    return this.translated[`tooth_${fdi}`];
  }
}
