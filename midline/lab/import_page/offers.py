"""Rows for the plan that nobody typed yet: attachments seen in the models, what stood before. Offered, never taken unasked."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.utils.translation import gettext as _

from midline.setups.models import Part, SetupImport, SetupVersion
from midline.setups.services.carrying import ATTACHMENT_FIELDS, IPR_FIELDS, left_before

Row = dict[str, str]


@dataclass(frozen=True)
class Offers:
    """attachments: those that the models show and no row has yet; reduced: contacts ("11–21 before stage 3") whose teeth lose enamel there.

    before: the number of the version whose rows can be taken over, 0 for none; the rows beside it.
    """

    attachments: list[Row]
    reduced: list[str]
    before: int
    ipr_before: list[Row]
    attachments_before: list[Row]


def offers_of(item: SetupImport, version: SetupVersion) -> Offers:
    parts = {part.key: part for part in version.parts.filter(kind="tooth")}
    found = [row for about in version.plan.get("attachments_found", []) if (row := _attachment(about, parts))]
    there = {(str(row.tooth), str(row.added_stage)) for row in version.attachments.all()}
    before = left_before(item)
    number, left = before or (0, {})
    ipr, attachments = _rows(left, "ipr", IPR_FIELDS), _rows(left, "attachment", ATTACHMENT_FIELDS)
    empty = not version.iprs.exists() and not version.attachments.exists()
    return Offers(
        attachments=[row for row in found if (row["tooth"], row["added_stage"]) not in there],
        reduced=_reduced(version, parts),
        before=number if empty and (ipr or attachments) else 0,
        ipr_before=ipr,
        attachments_before=attachments,
    )


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
