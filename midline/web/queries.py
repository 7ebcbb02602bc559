"""Live updates: which parts of what a person looks at have changed."""

from collections.abc import Iterable
from typing import Final

from midline.activity.models import Event
from midline.activity.queries import case_events
from midline.cases.models import Case
from midline.cases.policies import ALWAYS, LAB, OWNER, actions_on, cases_for
from midline.collaboration.models import Collaboration
from midline.core.workspace import Workspace
from midline.people.policies import Actor

# At most so many events are looked at for one answer: a page that slept through more reloads everything it shows anyway.
MANY: Final = 200

# Which regions of the case page an event changes, by its kind or by the first word of its kind. The history shows every event.
REGIONS: Final[dict[str, tuple[str, ...]]] = {
    "case": ("collaborators", "status"),
    "collaboration": ("collaborators", "status"),
    "conversation": ("conversation",),
    "conversation.proposed": ("conversation", "setups"),
    "conversation.answered": ("conversation", "setups"),
    "order": ("orders", "status"),
    "record": ("records", "status"),
    "records": ("records", "status"),
    "setup": ("collaborators", "setups", "status"),
    "setup.declined": ("collaborators", "conversation", "setups", "status"),
    "setup.pushed_back": ("collaborators", "conversation", "setups", "status"),
}


_READERS: Final = {
    Workspace.PROVIDER: frozenset(OWNER | {""}),
    Workspace.COLLABORATOR: frozenset(ALWAYS),
    Workspace.LAB: frozenset(LAB),
}


def readers_of(actor: Actor, case: Case) -> set[str]:
    """The `reader` values of the events that the actor may see on this case; the owner also sees those for the owner alone ("")."""
    readers = {action.value for action in actions_on(actor, case)}
    return readers | {""} if actor.workspace is Workspace.PROVIDER else readers


def case_news(actor: Actor, case: Case, after: int) -> tuple[int, list[str]]:
    """(the newest event that the actor may read, the regions of the case page that changed since event `after`).

    Mostly nothing happened: that costs one index seek. Only then is asked what the actor may read.
    """
    if not Event.objects.filter(case_id=case.pk, id__gt=after).exists():
        return after, []
    kinds = list(case_events(case.pk, readers_of(actor, case), after=after).values_list("id", "kind")[:MANY])
    return (kinds[-1][0], regions(kind for _, kind in kinds)) if kinds else (after, [])


def last_event(actor: Actor, case: Case) -> int:
    """The newest event that the actor may read: what a page says it has shown."""
    rows = Event.objects.filter(case_id=case.pk, reader__in=readers_of(actor, case))
    return rows.order_by("-id").values_list("id", flat=True).first() or 0


def regions(kinds: Iterable[str]) -> list[str]:
    """The regions that these kinds of event change; the history shows every one."""
    changed = {"history"}
    for kind in kinds:
        changed.update(REGIONS.get(kind) or REGIONS.get(kind.split(".", 1)[0], ("status",)))
    return sorted(changed)


def workspace_news(actor: Actor, after: int) -> int:
    """The newest event, later than `after`, on a case that the actor sees; 0 when there is none.

    One query over the events since `after` alone, each asked whether its case is visible and whether this workspace always reads it;
    what single grants add is seen when the list is loaded.
    """
    readers = _READERS.get(actor.workspace, frozenset())
    rows = Event.objects.filter(id__gt=after, reader__in=readers, case_id__in=cases_for(actor).values("pk"))
    if actor.workspace is Workspace.PROVIDER:
        rows = rows.filter(provider_id=actor.provider_id)
    elif actor.workspace is Workspace.COLLABORATOR:
        rows = rows.filter(provider_id__in=Collaboration.objects.filter(person_id=actor.user_id).values("provider_id"))
    return rows.order_by("-id").values_list("id", flat=True).first() or 0


def workspace_last(actor: Actor) -> int:
    """The newest event of all: what a list says it has shown. Names nothing, so it asks nobody."""
    return Event.objects.order_by("-id").values_list("id", flat=True).first() or 0
