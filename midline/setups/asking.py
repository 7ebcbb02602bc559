"""What the drawer of a change request offers: the teeth of the version in the order of the arches, movements by kind, the lines typed."""

from collections.abc import Sequence
from typing import Any, Final

from django.utils.translation import gettext as _

from midline.conversation.lines import TypedLine
from midline.conversation.models import ChangeItem
from midline.conversation.services.requests import arch_of

Movement = ChangeItem.Movement
SHIFTS: Final = (Movement.MESIAL, Movement.DISTAL, Movement.BUCCAL, Movement.LINGUAL, Movement.EXTRUDE, Movement.INTRUDE)
TURNS: Final = (
    Movement.ROTATE_MESIAL,
    Movement.ROTATE_DISTAL,
    Movement.TIP_MESIAL,
    Movement.TIP_DISTAL,
    Movement.TORQUE_BUCCAL,
    Movement.TORQUE_LINGUAL,
)
PERMANENT: Final = frozenset(quadrant * 10 + unit for quadrant in (1, 2, 3, 4) for unit in range(1, 8))


def drawer(present: Sequence[int], lines: Sequence[TypedLine] = ()) -> dict[str, Any]:
    """The drawer's own context. present: the FDI numbers of the version's teeth; lines: what was typed, where a form comes back."""
    offered = arches(present)
    return {
        "offered": {str(tooth) for _name, teeth in offered for tooth in teeth},
        "lines_typed": list(lines) or [TypedLine()],
        "line_empty": TypedLine(),
        "arches": offered,
        "movement_groups": (
            (_("Shift"), "mm", SHIFTS),
            (_("Turn"), "°", TURNS),
            (_("Other"), "", (Movement.IPR, Movement.ATTACHMENT, Movement.OTHER)),
        ),
    }


def arches(present: Sequence[int]) -> list[tuple[str, list[int]]]:
    """The teeth to choose from, each arch from the patient's right to the left: the permanent ones, and whatever else is there."""
    teeth = PERMANENT | set(present)
    upper = sorted((tooth for tooth in teeth if arch_of(tooth) == "upper"), key=_place)
    lower = sorted((tooth for tooth in teeth if arch_of(tooth) == "lower"), key=_place)
    return [(_("Upper arch"), upper), (_("Lower arch"), lower)]


def _place(tooth: int) -> tuple[int, int]:
    quadrant, unit = divmod(tooth, 10)
    right = (quadrant - 1) % 4 in {0, 3}
    return (-unit if right else unit, quadrant)
