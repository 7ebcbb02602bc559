"""Milestones follow the moves of orders, in the same transaction."""

from typing import Final

from midline.activity.events import Happening
from midline.activity.models import Event
from midline.cases.events import OrderMoved
from midline.cases.models.milestone import Milestone, milestones_of

# Other moves are no milestone and cost nothing here.
_MILES: Final = frozenset({"submit", "send_changes", "approve"})


def milestone_follows(event: Event, happening: Happening) -> None:
    """Writes the milestone that this move of an order reached: one read of the order's own moves and one row.

    Reaching it again (which the life cycle does not know) changes nothing.
    """
    if event.kind != OrderMoved.KIND or event.data["event"] not in _MILES:
        return
    order, case, provider = event.subject_id or 0, event.case_id or 0, event.provider_id or 0
    moves = Event.objects.filter(case_id=case, kind=OrderMoved.KIND, subject_kind="order", subject_id=order)
    reached = milestones_of(moves.order_by("at", "id").values_list("at", "data"))[-1]
    Milestone.objects.get_or_create(
        order_id=order,
        kind=reached.kind,
        round=reached.round,
        defaults={
            "case_id": case,
            "provider_id": provider,
            "at_s": reached.at_s,
            "took_s": reached.took_s,
            "waited_s": reached.waited_s,
        },
    )
