"""Rows for the plan that nobody typed yet: attachments seen in the models, what stood before. Offered, never taken unasked."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from django.utils.translation import gettext as _

from midline.people.numbering import tooth_number
from midline.setups.models import Part, SetupImport, SetupVersion
from midline.setups.services.carrying import ATTACHMENT_FIELDS, EXTRACTION_FIELDS, IPR_FIELDS, PONTIC_FIELDS, left_before
from midline.setups.services.mapping import BESIDE, TOOTH

Row = dict[str, str]
MOST_NAMED: Final = 8
FIELDS: Final = {"ipr": IPR_FIELDS, "attachment": ATTACHMENT_FIELDS, "pontic": PONTIC_FIELDS, "extraction": EXTRACTION_FIELDS}


@dataclass(frozen=True)
class Offers:
    """attachments: those that the models show and no row has yet; reduced: contacts ("11–21 before stage 3") whose teeth lose enamel there.

    before: the number of the version whose rows can be taken over, 0 for none; rows_before: they, by table. extractions: teeth whose files
    end before those of their arch, and have no row yet.
    """

    attachments: list[Row]
    reduced: list[str]
    before: int
    rows_before: dict[str, list[Row]]
    extractions: list[Row]


def offers_of(item: SetupImport, version: SetupVersion) -> Offers:
    parts = {part.key: part for part in version.parts.filter(kind="tooth")}
    found = [row for about in version.plan.get("attachments_found", []) if (row := _attachment(about, parts))]
    there = {(str(row.tooth), str(row.added_stage)) for row in version.attachments.all()}
    before = left_before(item)
    number, left = before or (0, {})
    rows = {kind: _rows(left, kind, names) for kind, names in FIELDS.items()}
    empty = not any(table.exists() for table in (version.iprs, version.attachments, version.pontics, version.extractions))
    gone = set(version.extractions.values_list("tooth", flat=True))
    return Offers(
        attachments=[row for row in found if (row["tooth"], row["added_stage"]) not in there],
        reduced=_reduced(version, parts),
        before=number if empty and any(rows.values()) else 0,
        rows_before=rows,
        extractions=[row for row in _ended(item, version) if int(row["tooth"]) not in gone],
    )


def ended_words(offers: Offers, numbering: str) -> str:
    """ "14 before stage 6, …" of the teeth whose files end early, numbered as the reader does."""
    words = _("%(tooth)s before stage %(stage)s")
    said = [words % {"tooth": tooth_number(int(row["tooth"]), numbering), "stage": row["before_stage"]} for row in offers.extractions]
    return ", ".join(said[:MOST_NAMED]) + (" …" if len(said) > MOST_NAMED else "")


def _ended(item: SetupImport, version: SetupVersion) -> list[Row]:
    """A row for each tooth whose files end before its arch's last stage: it was probably taken out before the next one."""
    first = int(version.plan.get("first_stage", 0))
    lasts = {"upper": version.stages_upper, "lower": version.stages_lower}
    reached: dict[tuple[str, int], int] = {}
    for row in item.mapping:
        if row.get("part") == TOOTH and row.get("fdi") and row.get("kind") not in BESIDE:
            place = (row["arch"], row["fdi"])
            reached[place] = max(reached.get(place, 0), row["stage"] - first)
    ended = sorted((fdi, stage) for (arch, fdi), stage in reached.items() if stage < lasts[arch])
    return [{"tooth": str(fdi), "before_stage": str(stage + 1)} for fdi, stage in ended]


def _rows(left: Mapping[str, Any], kind: str, names: tuple[str, ...]) -> list[Row]:
    return [{name: "" if row[name] is None else str(row[name]) for name in names} for row in left.get(kind, [])]


def _attachment(about: Mapping[str, Any], parts: Mapping[str, Part]) -> Row | None:
    """A row for what was bonded on; None on a tooth without a number. The surface follows from the side of the crown it stands on."""
    part = parts.get(about["key"])
    if part is None or part.fdi is None or part.frame is None:
        return None
    frame = np.array(part.frame)
    out = (np.array(about["point"]) + np.array(part.poses[0][:3]) - frame[:3, 3]) @ frame[:3, 1]
    surface = "lingual" if out < 0 else "buccal"
    removed = "" if about["removed"] is None else str(about["removed"])
    words = {"shape": _("As in the models"), "size": "", "added_stage": str(about["added"]), "removed_stage": removed}
    return {"tooth": str(part.fdi), "surface": surface} | words


def _reduced(version: SetupVersion, parts: Mapping[str, Part]) -> list[str]:
    """Where teeth lose enamel, as "11, 21 from stage 3": the models show it, the amount is the lab's to enter."""
    stages: dict[int, set[int]] = {}
    for about in version.plan.get("reductions_found", []):
        part = parts.get(about["key"])
        if part is not None and part.fdi is not None:
            stages.setdefault(about["stage"], set()).add(part.fdi)
    words = _("%(teeth)s from stage %(stage)s")
    return [words % {"teeth": ", ".join(map(str, sorted(teeth))), "stage": stage} for stage, teeth in sorted(stages.items())]
