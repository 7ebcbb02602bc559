"""What follows in this room from what happens here or in a lower one, in the same transaction."""

from typing import Final

from midline.activity.events import Happening
from midline.activity.models import Event
from midline.cases.events import CaseShared, CasesShared
from midline.cases.services import clinician_renamed, collaboration_recount, planners_left, practice_renamed
from midline.collaboration.events import CollaborationHappening
from midline.people.events import PersonRenamed
from midline.practices.events import PracticeSaved

# After these somebody may see or do less than before.
NARROWING: Final = {"collaboration.ended", "collaboration.changed", CaseShared.KIND, CasesShared.KIND}
WIDENING: Final = {"share", "standing_begin"}


def on_event(event: Event, happening: Happening) -> None:
    """Names follow; who may plan an order no longer gives it back; a changed scope is counted anew, last: that locks the counters."""
    if event.kind == PracticeSaved.KIND and event.subject_id and not event.data["new"]:
        practice_renamed(event.subject_id)
    if event.kind == PersonRenamed.KIND and event.subject_id:
        clinician_renamed(event.subject_id)
    if event.kind in NARROWING and event.provider_id and event.data.get("act") not in WIDENING:
        planners_left(provider_id=event.provider_id, case_id=event.case_id)
    changed = happening.collaboration if isinstance(happening, CollaborationHappening) else None
    if changed is not None and (event.kind == "collaboration.added" or _scope_changed(event)):
        collaboration_recount(changed)


def _scope_changed(event: Event) -> bool:
    before, after = event.data.get("before") or {}, event.data.get("after") or {}
    return event.kind == "collaboration.changed" and before.get("every_case") != after.get("every_case")
