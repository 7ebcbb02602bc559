"""In which unit an export is: asked where its models are too small for millimetres, and told once it was answered."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils import formats
from django.utils.translation import gettext as _

from midline.lab.import_page.files import Posted, answered
from midline.setups.models import SetupImport
from midline.setups.services.mapping import unit_of


@dataclass(frozen=True)
class UnitQuestion:
    """box: what the models measure in their own unit; choices: (unit, its name, how large that makes them); chosen: "" before an answer."""

    box: str
    choices: list[tuple[str, str, str]]
    chosen: str
    error: str


def unit_names() -> dict[str, str]:
    return {"in": _("Inches"), "cm": _("Centimetres"), "m": _("Metres")}


def unit_question(item: SetupImport, posted: Posted | None, wrong: Mapping[str, str]) -> UnitQuestion | None:
    """None where the models are in millimetres. What an import before answered to files of the same names is chosen already."""
    asked: Mapping[str, Any] | None = item.report.get("unit")
    if not asked:
        return None
    said = item.mapping or [row for row in answered(item.report).values() if row]
    choices = [
        (fit["unit"], unit_names()[fit["unit"]], _("%(mm)s mm across") % {"mm": formats.number_format(fit["mm"], 0)})
        for fit in asked["fits"]
    ]
    chosen = posted.get("unit", "") if posted is not None else unit_of(item.report, said)
    return UnitQuestion(formats.number_format(asked["box"]), choices, chosen, wrong.get("unit", ""))


def scaled_words(plan: Mapping[str, Any]) -> str:
    """ "Exported in inches, scaled by 25.4": what is shown of a version was made larger. Empty where it was not."""
    words = {
        25.4: _("The models were exported in inches and are shown scaled by %(factor)s."),
        10.0: _("The models were exported in centimetres and are shown scaled by %(factor)s."),
        1000.0: _("The models were exported in metres and are shown scaled by %(factor)s."),
    }
    factor = float(plan.get("scale") or 1.0)
    return words[factor] % {"factor": formats.number_format(factor)} if factor in words else ""
