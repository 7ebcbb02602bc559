"""One version laid over another: what the viewer fetches before it draws the outline of an earlier plan."""

from typing import Any

from django.utils import formats
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from midline.setups.drawn import attachments_json, extractions_json
from midline.setups.models import SetupVersion
from midline.setups.registration import Registration, Tooth, registration


def overlay_json(version: SetupVersion, other: SetupVersion, model_url: str) -> dict[str, Any]:
    """`other` in the frame of `version` (viewer/README.md, "Another version"). model_url: the path of its small models."""
    laid = registration(_teeth(version), _teeth(other))
    matrix = [row[column] for column in range(4) for row in laid.matrix]
    return {
        "version": other.number,
        "stages": {"upper": other.stages_upper, "lower": other.stages_lower},
        "model": model_url,
        "parts": [
            {"key": p.key, "arch": p.arch, "kind": p.kind, "fdi": p.fdi, "moves": p.moves, "label_point": None}
            for p in other.parts.defer("poses", "frame")
        ],
        "attachments": attachments_json(other),
        "extractions": extractions_json(other),
        "registration": {
            "how": laid.how,
            "matrix": matrix,
            "teeth": laid.teeth,
            "rms_mm": round(laid.rms_mm, 3),
            "words": in_words(laid, other),
        },
    }


def _teeth(version: SetupVersion) -> dict[int, Tooth]:
    rows = version.parts.filter(kind="tooth", fdi__isnull=False, frame__isnull=False).values_list("fdi", "frame", "moves")
    return {fdi: Tooth(frame, moves) for fdi, frame, moves in rows if fdi is not None and frame is not None}


def in_words(laid: Registration, other: SetupVersion) -> str:
    """How the two were laid over each other, for the page: the reader must know what the outline rests on."""
    said = {"n": other.number, "teeth": laid.teeth, "rms": formats.number_format(laid.rms_mm, decimal_pos=2)}
    if laid.how == "same":
        return _("Version %(n)s lies in the same frame; nothing was moved to lay it over.") % said
    if laid.how == "still":
        words = ngettext(
            "Version %(n)s was laid over on %(teeth)s tooth that neither plan moves (%(rms)s mm apart).",
            "Version %(n)s was laid over on %(teeth)s teeth that neither plan moves (%(rms)s mm apart).",
            laid.teeth,
        )
        return words % said
    if laid.how == "start":
        return _("Version %(n)s was laid over on all teeth at the start, because too few stand still (%(rms)s mm apart).") % said
    return _("Version %(n)s is shown as exported: too few teeth are in both versions to lay it over.") % said
