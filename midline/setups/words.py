"""The viewer's words in the reader's language, under the keys of `viewer/src/format/strings.ts`; a test holds the two together.

The viewer fills in {name}, so these texts have braces where the others have %(name)s.
"""

from typing import Final

from django.utils import formats
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from meshes import teeth

PERMANENT: Final = range(1, 9)
PRIMARY: Final = range(1, 6)


def words() -> dict[str, str]:
    """Every word that the viewer can put on the screen, and the full name of every tooth as `tooth_21`."""
    return {
        "canvas": _("Treatment setup {case}, version {version}, in 3D. The tables beside it hold the same plan."),
        "play": _("Play"),
        "pause": _("Pause"),
        "stage": _("Stage"),
        "stage_n": _("Stage {n}"),
        "stage_of": _("Stage {n} of {total}."),
        "ipr_due": _("IPR {contacts} is due before stage {n}."),
        "extraction_due": _("Extraction of {teeth} is due before stage {n}."),
        "attachments_added_now": _("Attachments go on: {teeth}."),
        "attachments_removed_now": _("Attachments come off: {teeth}."),
        "tick_ipr": _("IPR {amount} mm between {contacts}, before stage {n}"),
        "tick_extraction": _("Extraction of {teeth}, before stage {n}"),
        "tick_attachments_on": _("Attachments at stage {n}: {count} on"),
        "tick_attachments_off": _("Attachments at stage {n}: {count} off"),
        "tick_upper_ends": _("Upper arch ends at stage {n}"),
        "tick_lower_ends": _("Lower arch ends at stage {n}"),
        "ipr_before": _("before stage {n}"),
        "ipr_before_next": _("before stage {n}, next"),
        "ipr_before_due": _("before stage {n}, due now"),
        "attachments_on": _("{count} on at stage {n}"),
        "attachments_tip": _("The models carry no attachment shapes. Markers show where each attachment is planned."),
        "attachments_tip_shapes": _("Coloured attachments are shapes of the models. Markers show where the others are planned."),
        "attachment_gone": _("Tooth {tooth}: the attachment is gone"),
        "outline_start": _("Superimpose start"),
        "outline_stage": _("Superimpose stage {n}"),
        "outline_end": _("Superimpose planned end"),
        "outline_version": _("Superimpose version {version}"),
        "outline_version_start": _("Superimpose version {version}, start"),
        "outline_version_stage": _("Superimpose version {version}, stage {n}"),
        "version_n": _("Version {version}"),
        "failed_overlay": _("The other version could not be loaded. Check your connection and try again."),
        "legend_stage": _("Version {version}, stage {n}"),
        "legend_outline": _("Version {version}, stage {n}, outline"),
        "due_now": _("Due at stage {n}: {what}."),
        "due_nothing": _("Nothing is due at stage {n}."),
        "due_next": _("Next, at stage {n}: {what}."),
        "due_out": _("extraction of {teeth}"),
        "due_ipr": _("IPR {contact} {amount} mm"),
        "due_on": _("attachments on {teeth}"),
        "due_off": _("attachments off {teeth}"),
        "movement_planned": _("Planned"),
        "movement_so_far": _("In total"),
        "movement_caption_step": _("Movement of tooth {tooth} from stage {before} to stage {n}"),
        "all_planned": _("Planned in total, from the start to the last stage"),
        "all_step": _("From stage {before} to stage {n}"),
        "movement_caption": _("Planned movement of tooth {tooth} at stage {n} of {total}"),
        "movement_none": _("Tooth {tooth} is not planned to move."),
        "mesial": _("mesial"),
        "distal": _("distal"),
        "buccal": _("buccal"),
        "lingual": _("lingual"),
        "extrusion": _("extrusion"),
        "intrusion": _("intrusion"),
        "mesial_out": _("mesial out"),
        "mesial_in": _("mesial in"),
        "root_lingual": _("root lingual"),
        "root_buccal": _("root buccal"),
        "none": _("none"),
        "mm": _("mm"),
        "pin_label": _("Comment {number}, tooth {tooth}"),
        "pin_label_no_tooth": _("Comment {number}"),
        "pin_draft": _("Place of the new comment"),
        "pin_words": _("Tooth {tooth} · stage {n}"),
        "pin_words_no_tooth": _("Gingiva · stage {n}"),
        "pin_hint": _("Click the place on the model that your comment is about. Esc leaves."),
        "ipr_label": _("IPR {contact}, {amount} mm, before stage {n}"),
        "measure_hint": _("Click two points on the model. Esc leaves."),
        "measure_value": _("{distance} mm"),
        "loading": _("Loading the models."),
        "no_webgl": _("This browser cannot draw in 3D, so pictures show the start and the planned end. The tables follow every stage."),
        "no_plan": _("The plan of this setup could not be read. Reload the page; if it stays, tell the lab."),
        "unavailable": _("This setup is no longer available to you."),
        "failed": _("The models could not be loaded. Check your connection and try again."),
        "failed_full": _("The fine models could not be loaded. You see the preview."),
        "context_lost": _("The graphics card stopped. The picture returns as soon as it can."),
        "contacts_at": _("Contacts at stage {n}, as exported"),
        "contacts_working": _("Working out the contacts at stage {n}."),
        "failed_contacts": _("The contacts could not be worked out. Reload the page to try again."),
        "contact_overlap": _("Overlap, deeper than {from} mm"),
        "contact_touch": _("Touching, to {to} mm"),
        "contact_near": _("{from} to {to} mm"),
        "contact_close": _("{from} to {to} mm"),
        "contact_far": _("Farther than {from} mm"),
        "picture_start": _("Start, as a picture"),
        "picture_end": _("Planned end (stage {n}), as a picture"),
        "retry": _("Retry"),
        **tooth_names(),
    }


def point_in_words(point: str) -> str:
    """The point that movements are measured at: the pipeline's own in the reader's language, another as its package names it."""
    return _("crown centre") if point == teeth.REFERENCE_POINT else point


def source_in_words(source: str) -> str:
    """Where the values of the movement table come from, and how far they may be trusted; `source` as the import wrote it down."""
    if source == "lab":
        return _("The values are the lab's own.")
    if source == "lab frames":
        return _("Worked out from the models, in the lab's own tooth axes.")
    return (
        _(
            "Worked out from the models. The tooth axes are estimated: other axes change a value by up to %(axes)s mm and %(turn)s°, "
            "another reference point by up to %(point)s mm."
        )
        % estimated()
    )


def before_in_words(stage: int) -> str:
    """When a tooth is taken out; 0 is before the first aligner."""
    return _("before stage %(n)s") % {"n": stage} if stage else _("before the treatment begins")


def until_in_words(stage: int | None) -> str:
    """How long a pontic fills its gap."""
    return _("to the end") if stage is None else _("until stage %(n)s") % {"n": stage}


def estimated() -> dict[str, str]:
    """How far estimated values may be off, as the reader writes numbers: measured against known axes and points (meshes/README.md)."""
    known = {"axes": 0.4, "turn": 1.1, "point": 0.7}
    return {name: str(formats.number_format(value, decimal_pos=1)) for name, value in known.items()}


def tooth_names() -> dict[str, str]:
    """ "Upper left central incisor" for each of the 52 teeth. Quadrants from the patient's upper right, as one looks at the face."""
    sides = [_("Upper right"), _("Upper left"), _("Lower left"), _("Lower right")]
    permanent = [
        _("central incisor"), _("lateral incisor"), _("canine"), _("first premolar"), _("second premolar"),
        _("first molar"), _("second molar"), _("third molar"),
    ]  # fmt: skip
    primary = [
        _("primary central incisor"), _("primary lateral incisor"), _("primary canine"),
        _("primary first molar"), _("primary second molar"),
    ]  # fmt: skip
    all_teeth = [(quadrant, place, permanent[place - 1]) for quadrant in range(1, 5) for place in PERMANENT]
    all_teeth += [(quadrant, place, primary[place - 1]) for quadrant in range(5, 9) for place in PRIMARY]
    return {
        f"tooth_{quadrant}{place}": pgettext("name of a tooth", "%(side)s %(tooth)s") % {"side": sides[(quadrant - 1) % 4], "tooth": tooth}
        for quadrant, place, tooth in all_teeth
    }
