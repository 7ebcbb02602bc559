"""What follows in this room from what happens here or in a lower one, in the same transaction."""

from typing import Final

from midline.activity.events import Happening
from midline.activity.models import Event
from midline.cases.events import CaseShared, CasesShared
from midline.cases.services import collaboration_recount, planners_left
from midline.collaboration.events import CollaborationHappening

# After these somebody may see or do less than before.
NARROWING: Final = {"collaboration.ended", "collaboration.changed", CaseShared.KIND, CasesShared.KIND}


def on_event(event: Event, happening: Happening) -> None:
    """Who may plan an order no longer gives it back; a changed scope is counted anew."""
    if event.kind in NARROWING and event.provider_id:
        planners_left(provider_id=event.provider_id)
    changed = happening.collaboration if isinstance(happening, CollaborationHappening) else None
    if changed is not None and event.kind in {"collaboration.added", "collaboration.changed"}:
        collaboration_recount(changed)
