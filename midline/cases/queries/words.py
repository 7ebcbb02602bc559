"""Codes of a case in words, as they stand in a list."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django_stubs_ext import StrOrPromise

from midline.cases.models import CaseType, Status
from midline.cases.queries.line import Listed

# Names of the record slots; the room of the records fills them in when it starts, because a need names a slot only by its code.
SLOT_LABELS: Final[dict[str, StrOrPromise]] = {}
# How many steps the form of an order has.
FORM_STEPS: Final = {CaseType.ALIGNER: 5, CaseType.REVISION: 4, CaseType.RETAINER: 3, CaseType.REPLACEMENT: 2}


def detail_words(case: Listed, slot_label: Mapping[str, StrOrPromise] | None = None) -> str:
    """The code in status_detail as words beside the status. `slot_label` names the record slots, by default as the records do."""
    code, _sep, value = case.status_detail.partition(":")
    labels = SLOT_LABELS if slot_label is None else slot_label
    match code:
        case "step":
            return _("Step %(n)s of %(of)s") % {"n": value, "of": FORM_STEPS[CaseType(case.case_type)]}
        case "missing" | "unusable" if value.isdigit():
            words = _("%(n)s records missing") if code == "missing" else _("%(n)s records unusable")
            return words % {"n": value}
        case "missing":
            return _("%(record)s missing") % {"record": labels.get(value, value)}
        case "unusable":
            return _("%(record)s unusable") % {"record": labels.get(value, value)}
        case "changes":
            return _("Changes requested")
        case "tracking":
            return _("Tracking added")
    return f"v{case.awaiting_version}" if case.awaiting_version and case.state is Status.AWAITING_APPROVAL else ""


def is_unusable(case: Listed) -> bool:
    """Whether a record was found unusable: red where missing ones are yellow."""
    return case.state is Status.RECORDS_NEEDED and case.status_detail.startswith("unusable")


def type_words(case: Listed) -> str:
    """The case type with its arches or number: "Aligner, both arches", "Revision 1"."""
    return _type(get_language(), case.case_type, case.type_detail)


@lru_cache(512)
def _type(language: str | None, case_type: str, detail: str) -> str:
    label = CaseType(case_type).label
    arches = {"both": _("both arches"), "upper": _("upper arch"), "lower": _("lower arch")}
    if detail in arches:
        return f"{label}, {arches[detail]}"
    return f"{label} {detail}" if detail else str(label)
