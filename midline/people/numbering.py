"""Teeth as the reader writes them. Inside everything is FDI (ISO 3950): quadrant x 10 + position.

11-48 are permanent, 51-85 primary; quadrants run 1 upper right, 2 upper left, 3 lower left, 4 lower right, as the patient has them.
The viewer follows the same rules (`viewer/src/format/numbering.ts`).
"""

from midline.people.models import User

# The corner opens towards the tooth as one faces the patient: the patient's upper left 1 is "└1".
_PALMER = ("{}┘", "└{}", "┌{}", "{}┐")


def tooth_number(fdi: int, numbering: str) -> str:
    """The number of a tooth in FDI, Universal (1-32, A-T) or Palmer; a number that is none in FDI is shown as it is."""
    quadrant, position = divmod(fdi, 10)
    primary = quadrant > 4
    size = 5 if primary else 8
    if not 1 <= quadrant <= 8 or not 1 <= position <= size or numbering not in {User.Numbering.UNIVERSAL, User.Numbering.PALMER}:
        return str(fdi)
    corner = (quadrant - 1) % 4
    if numbering == User.Numbering.PALMER:
        return _PALMER[corner].format(chr(ord("A") + position - 1) if primary else position)
    along = corner * size + (size - position if corner % 2 == 0 else position - 1)
    return chr(ord("A") + along) if primary else str(along + 1)
