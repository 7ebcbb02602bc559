"""What follows in this room from what happens in a lower one, in the same transaction."""

from midline.activity.events import Happening
from midline.activity.models import Event
from midline.cases.services import collaboration_recount, planner_left
from midline.collaboration.events import CollaborationHappening


def on_event(event: Event, happening: Happening) -> None:
    """An ended collaboration gives back the orders its collaborator had taken; a changed scope is counted anew."""
    if event.kind == "collaboration.ended" and event.provider_id and happening.data.get("person_id"):
        planner_left(person_id=happening.data["person_id"], provider_id=event.provider_id)
    changed = happening.collaboration if isinstance(happening, CollaborationHappening) else None
    if changed is not None and event.kind in {"collaboration.added", "collaboration.changed"}:
        collaboration_recount(changed)
