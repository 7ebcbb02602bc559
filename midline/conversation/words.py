"""Lines of change requests as sentences."""

from django.utils import formats

from midline.conversation.models import ChangeItem
from midline.conversation.services import Wanted


def in_words(line: Wanted) -> str:
    """A line without a page around it, in FDI: "21–22 IPR 0.2 mm before stage 6: At the visit"."""
    teeth = "–".join(str(tooth) for tooth in (line.tooth, line.tooth_b) if tooth is not None)
    movement = ChangeItem.Movement(line.movement) if line.movement in ChangeItem.Movement.values else ChangeItem.Movement.OTHER
    what = "" if movement is ChangeItem.Movement.OTHER else str(movement.label)
    amount = ""
    if line.amount is not None:
        amount = formats.number_format(line.amount.normalize(), use_l10n=True) + ("°" if movement.unit == "°" else f"\u2009{movement.unit}")
    stage = movement.at_stage(line.stage) if line.stage is not None else ""
    head = " ".join(part for part in (teeth, what, amount, stage) if part)
    return ": ".join(part for part in (head, line.words) if part)
