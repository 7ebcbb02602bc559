"""What an earlier import or version of the case already said, so that a person does not answer it twice.

Answers about files are taken over by equal name, tooth numbers by position; IPR, attachments and words are only offered.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

import numpy as np

from midline.setups.models import Part, SetupImport, SetupVersion
from midline.setups.services.mapping import BESIDE

SAME_PLACE_MM: Final = 2.0
"""A crown this near to where a numbered one stood is the same tooth: crowns are at least 3.5 mm apart."""

CARRIED: Final = 0.97
NAMED: Final = 0.99
"""From here on a number was said by the files themselves, which outweighs where the tooth stands."""

IPR_FIELDS: Final = ("tooth_a", "tooth_b", "amount_mm", "before_stage")
ATTACHMENT_FIELDS: Final = ("tooth", "surface", "shape", "size", "added_stage", "removed_stage")
PONTIC_FIELDS: Final = ("tooth", "until_stage")
EXTRACTION_FIELDS: Final = ("tooth", "before_stage")


def answers_before(item: SetupImport, report: Mapping[str, Any]) -> dict[str, dict[str, Any] | None]:
    """{name: the answer given to a file of this name before, None when it was left out}, of the newest earlier import that was answered.

    Only of files that this report has and did not refuse. A layout of another kind shares no answers.
    """
    earlier = SetupImport.objects.filter(case_id=item.case_id, pk__lt=item.pk).exclude(mapping=[]).order_by("-pk").first()
    if earlier is None or earlier.report.get("package") or report.get("package"):
        return {}
    given = {row["name"]: row for row in earlier.mapping}
    asked = {row["name"] for row in earlier.report.get("files", []) if not row["refused"]}
    parts = {row["name"]: row.get("part") or "arch" for row in report["files"] if not row["refused"]}
    found: dict[str, dict[str, Any] | None] = {}
    for name in parts.keys() & asked:
        row = given.get(name)
        if row is None or row.get("kind") in BESIDE or (row.get("part") or "arch") == parts[name]:
            found[name] = row
    return found


def left_of(version: SetupVersion) -> dict[str, Any]:
    """What people said of a version, as plain values: it outlives a version that gives way to another ZIP."""
    return {
        "ipr": [{name: _plain(getattr(row, name)) for name in IPR_FIELDS} for row in version.iprs.all()],
        "attachment": [{name: _plain(getattr(row, name)) for name in ATTACHMENT_FIELDS} for row in version.attachments.all()],
        "pontic": list(version.pontics.values(*PONTIC_FIELDS)),
        "extraction": list(version.extractions.values(*EXTRACTION_FIELDS)),
        "wear_schedule": version.wear_schedule,
        "notes": version.notes,
        "teeth": [
            [part.arch, *(round(float(row[3]), 3) for row in part.frame[:3]), part.fdi]
            for part in version.parts.filter(kind="tooth", fdi__isnull=False)
            if part.frame
        ]
        if version.plan.get("teeth_confirmed")
        else [],
    }


def _plain(value: Any) -> Any:
    return value if value is None or isinstance(value, int) else str(value)


def left_before(item: SetupImport) -> tuple[int, dict[str, Any]] | None:
    """(the version's number, `left_of`) of what was published or given up last before this import; None when there is nothing."""
    published = SetupVersion.objects.filter(case_id=item.case_id, published_at__isnull=False).order_by("-number").first()
    source = SetupImport.objects.filter(version=published).values_list("pk", flat=True).first() if published else None
    given_up = SetupImport.objects.filter(case_id=item.case_id, pk__lt=item.pk, pk__gt=source or 0, report__has_key="left")
    earlier = given_up.order_by("-pk").first()
    if earlier is not None and earlier.report["left"]:
        return earlier.number, earlier.report["left"]
    return (published.number, left_of(published)) if published else None


def numbers_by_position(parts: Iterable[Part], places: Iterable[Iterable[Any]]) -> int:
    """Gives teeth the numbers that stood at their places; how many. Numbers that the files themselves say are left as they are.

    A proposal that would then stand twice is taken away, so that a person chooses.
    """
    known = [(str(arch), np.array([x, y, z], dtype=np.float64), int(fdi)) for arch, x, y, z, fdi in places]
    open_ones = [part for part in parts if part.kind == "tooth" and part.frame is not None]
    places_of = {part.key: np.array([row[3] for row in part.frame[:3]], dtype=np.float64) for part in open_ones if part.frame is not None}
    if not known or any(part.fdi is not None and part.fdi_confidence >= NAMED for part in open_ones):
        return 0
    pairs = []
    for part in open_ones:
        here = places_of[part.key]
        pairs += [(float(np.linalg.norm(here - there)), part.key, fdi) for arch, there, fdi in known if arch == part.arch]
    given: dict[str, int] = {}
    for away, key, fdi in sorted(pairs):
        if away <= SAME_PLACE_MM and key not in given and fdi not in given.values():
            given[key] = fdi
    for part in open_ones:
        if part.key in given:
            part.fdi, part.fdi_confidence = given[part.key], CARRIED
        elif part.fdi in given.values():
            part.fdi, part.fdi_confidence = None, 0.0
    return len(given)
