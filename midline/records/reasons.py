"""Why a file was refused, in the words of its reader: file, reason, remedy."""

from collections.abc import Callable
from typing import Any, Final

from django.utils.translation import gettext as _

from midline.records.mesh_words import in_words

_WANTED: Final[dict[str, Callable[[], str]]] = {
    "photo": lambda: _("A photo is a JPEG or a PNG."),
    "xray": lambda: _("An X-ray is a JPEG, a PNG, a PDF or a DICOM file."),
    "scan": lambda: _("A scan is an STL, a PLY, an OBJ or a ZIP that holds one of them."),
    "document": lambda: _("A document is a PDF, a JPEG or a PNG."),
    "setup": lambda: _("A setup is a ZIP of staged models."),
}
_KINDS: Final[dict[str, Callable[[], str]]] = {
    "html": lambda: _("a web page"),
    "svg": lambda: _("an SVG drawing"),
    "xml": lambda: _("an XML text"),
    "heic": lambda: _("a HEIC picture"),
    "webp": lambda: _("a WebP picture"),
    "gif": lambda: _("a GIF picture"),
    "bmp": lambda: _("a BMP picture"),
    "tiff": lambda: _("a TIFF picture"),
    "jpeg": lambda: _("a JPEG picture"),
    "png": lambda: _("a PNG picture"),
    "pdf": lambda: _("a PDF"),
    "dicom": lambda: _("a DICOM file"),
    "stl": lambda: _("an STL model"),
    "ply": lambda: _("a PLY model"),
    "obj": lambda: _("an OBJ model"),
    "zip": lambda: _("a ZIP"),
}


def wanted(family: str) -> str:
    """Which contents `family` takes, as a sentence."""
    return _WANTED[family]()


def sentence(code: str, values: dict[str, Any], *, name: str, family: str) -> str:
    """The whole refusal: the file's name, what is wrong with it, and what to do."""
    about = {**values, "name": name, "wanted": wanted(family)}
    match code:
        case "wrong_kind":
            known = _KINDS.get(str(values.get("kind")))
            if known is None:
                return _("%(name)s is of a kind that is not known here. %(wanted)s") % about
            about["kind"] = known()
            if values["kind"] == "heic":
                return _("%(name)s is %(kind)s. Export it as a JPEG and add that.") % about
            return _("%(name)s is %(kind)s. %(wanted)s") % about
        case "too_small":
            return (
                _("%(name)s is %(width)s × %(height)s pixels; the lab needs %(long)s × %(short)s or more. Choose a larger photo.") % about
            )
        case "too_many_pixels":
            return _("%(name)s has more than %(limit)s million pixels. Export it smaller.") % about
        case "broken_picture":
            return (
                _("%(name)s is cut off or damaged: its %(kind)s data cannot be read to the end. Save it again and add that file.") % about
            )
        case "broken_dicom":
            return _("%(name)s is no sound DICOM file: its header cannot be read. Export it again.") % about
        case "deflated_dicom":
            return _("%(name)s is a deflated DICOM file, which is not read here. Export it without compression.") % about
        case "cut_off":
            return _("%(name)s is cut off: the end of the %(kind)s is missing. Save it again and add that file.") % about
        case "mesh":
            return f"{name}: {in_words(values['reason'])} {in_words(values['remedy'])}".strip()
        case "too_slow":
            return _("%(name)s takes too long or too much memory to read. Export it with less detail.") % about
        case "empty":
            return _("%(name)s is empty. Choose another file.") % about
        case "too_large":
            return _("%(name)s has %(size)s MB; %(limit)s MB is the limit. Export it with less detail.") % about
        case "lost":
            return _("%(name)s did not arrive whole. Add it again.") % about
        case "not_allowed":
            return _("%(name)s was not added, because your permission to add records has ended.") % about
    return (
        _("%(name)s could not be checked, because of a fault here. Add it again, and tell the administrator if it happens again.") % about
    )
