"""The movement table of a version: worked out from the models, or the lab's own in its place."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.utils.translation import gettext as _

from meshes import teeth
from meshes.tooth_numbers import arch_of
from midline.setups.models import Movement, Part, SetupVersion

LAB: Final = "lab"
COMPUTED: Final = "computed"
"""Values of plan["movement_source"]; a setup package may also say "lab frames": worked out, in the lab's own tooth axes."""

MOST_MM: Final = 30.0
MOST_DEG: Final = 180.0
MOST_SAID: Final = 8
_NAMES: Final = teeth.COLUMNS[1:]


@dataclass(frozen=True)
class MovementTable:
    """What the lab's program says. rows: FDI → stage → mesial, buccal, occlusal (mm), rotation, tip, torque (degrees), against stage 0.

    reference_point: in words, the point of the tooth whose translation is given.
    """

    rows: Mapping[int, Mapping[int, tuple[float, ...]]]
    reference_point: str = ""

    @classmethod
    def of(cls, version: SetupVersion) -> "MovementTable | None":
        """The lab's table of a version; None when its movements are worked out."""
        if version.plan.get("movement_source") != LAB:
            return None
        rows: dict[int, dict[int, tuple[float, ...]]] = {}
        for fdi, stage, *values in version.movements.values_list("fdi", "stage", *_NAMES):
            rows.setdefault(fdi, {})[stage] = tuple(values)
        return cls(rows, str(version.plan.get("reference_point", "")))

    @classmethod
    def of_plan(cls, plan: Mapping[str, Any]) -> "MovementTable | None":
        """The lab's table as `meshes` read it from a setup package."""
        if plan.get("movement_source") != LAB:
            return None
        numbers = {part["key"]: part["fdi"] for part in plan["parts"]}
        rows = {numbers[key]: {int(row[0]): tuple(row[1:]) for row in found if row[0]} for key, found in plan["movements"].items()}
        return cls(rows, str(plan["reference_point"]))


def movements_write(version: SetupVersion, parts: Collection[Part]) -> None:
    """The worked-out table of every numbered tooth that moves, from stage 1 on, in place of what stood there."""
    version.movements.all().delete()
    rows = []
    for part in parts:
        if part.fdi is None or part.frame is None or not part.moves:
            continue
        for row in teeth.movement_rows(teeth.ToothMotion(part.frame, part.poses), part.fdi)[1:]:
            rows.append(Movement(version=version, fdi=part.fdi, stage=int(row[0]), **dict(zip(_NAMES, row[1:], strict=True))))
    Movement.objects.bulk_create(rows, batch_size=1000)


def table_write(version: SetupVersion, table: MovementTable) -> None:
    """The lab's table in place of what stood there; whose it is stands in the plan. The caller has checked it and saves the version."""
    version.movements.all().delete()
    rows = [
        Movement(version=version, fdi=fdi, stage=stage, **dict(zip(_NAMES, values, strict=True)))
        for fdi, stages in table.rows.items()
        for stage, values in stages.items()
    ]
    Movement.objects.bulk_create(rows, batch_size=1000)
    version.plan |= {"movement_source": LAB, "reference_point": table.reference_point.strip() or teeth.REFERENCE_POINT}


def computed_write(version: SetupVersion, parts: Collection[Part]) -> None:
    """Back to the worked-out table. The caller saves the version."""
    movements_write(version, parts)
    version.plan |= {"movement_source": COMPUTED, "reference_point": teeth.REFERENCE_POINT}


def table_errors(table: MovementTable, parts: Collection[Part], stages: Mapping[str, int]) -> list[str]:
    """What keeps a table from standing in for the worked-out one: a tooth that is not here, a stage too few or too many, an absurd value.

    stages: arch → its last stage. Every tooth that moves has all its stages, so that a table is never half one's and half the other's.
    """
    said: list[str] = []
    numbered = {part.fdi: part for part in parts if part.fdi is not None}
    for fdi, rows in sorted(table.rows.items()):
        if fdi not in numbered:
            said.append(_("Tooth %(fdi)s is not in this setup. Correct the number, or the tooth numbers above.") % {"fdi": fdi})
            continue
        last = stages.get(arch_of(fdi), 0)
        missing = [stage for stage in range(1, last + 1) if stage not in rows]
        beyond = sorted(stage for stage in rows if not 1 <= stage <= last)
        if beyond:
            words = _("Tooth %(fdi)s has a row for stage %(stage)s. Its arch has stages 1 to %(last)s; leave the row out.")
            said.append(words % {"fdi": fdi, "stage": beyond[0], "last": last})
        if missing:
            words = _("Tooth %(fdi)s has no row for stage %(stage)s. Give every stage from 1 to %(last)s.")
            said.append(words % {"fdi": fdi, "stage": missing[0], "last": last})
        for stage, values in rows.items():
            wrong = [v for v in values[:3] if not abs(v) <= MOST_MM] + [v for v in values[3:] if not abs(v) <= MOST_DEG]
            if wrong:
                words = _("Tooth %(fdi)s, stage %(stage)s: %(value)s is no movement of a tooth. Enter at most %(mm)s mm and %(deg)s°.")
                said.append(words % {"fdi": fdi, "stage": stage, "value": f"{wrong[0]:g}", "mm": f"{MOST_MM:g}", "deg": f"{MOST_DEG:g}"})
    for fdi, part in sorted(numbered.items()):
        if part.moves and fdi not in table.rows:
            said.append(_("Tooth %(fdi)s moves in the models and has no rows. Add them, or use the worked-out movements.") % {"fdi": fdi})
    return said[:MOST_SAID]


def computed_ends(version: SetupVersion) -> dict[int, tuple[float, ...]]:
    """FDI → the worked-out movement at the last stage, to hold beside what the lab gives."""
    found = {}
    for part in version.parts.filter(kind="tooth", fdi__isnull=False, moves=True):
        if part.frame is not None and part.fdi is not None:
            found[part.fdi] = tuple(teeth.movement_rows(teeth.ToothMotion(part.frame, part.poses), part.fdi)[-1][1:])
    return found
