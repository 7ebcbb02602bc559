"""Live updates: which parts of what a person looks at have changed."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from django.db.models import Exists, OuterRef, QuerySet

from midline.activity.models import Event
from midline.activity.queries import case_events, newest_event
from midline.cases.actions import Action
from midline.cases.models import Case
from midline.cases.policies import ALWAYS, LAB, OWNER, actions_on, cases_for
from midline.cases.queries import reach_of
from midline.collaboration.models import Collaboration
from midline.core import clock
from midline.core.workspace import Workspace
from midline.people.policies import Actor

# At most so many events are looked at for one answer: a page that slept through more reloads everything it shows anyway.
MANY: Final = 200
# How long a transaction that records an event may take before what it wrote is overlooked by an open list.
SETTLED: Final = timedelta(seconds=10)

# First words of the kinds of event after which somebody may see more cases or fewer.
SHARING: Final = frozenset({"case", "cases", "collaboration"})

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
    "setup": ("collaborators", "conversation", "setups", "status"),
}


_READERS: Final = {
    Workspace.PROVIDER: frozenset(OWNER | {""}),
    Workspace.COLLABORATOR: frozenset(ALWAYS),
    Workspace.LAB: frozenset(LAB),
}


def readers_of(actor: Actor, case: Case, allowed: frozenset[Action] | None = None) -> set[str]:
    """The `reader` values of the events that the actor may see on this case; the owner also sees those for the owner alone ("").

    allowed: what the policy said of this reader and case, where the same request asked before.
    """
    readers = {action.value for action in (actions_on(actor, case) if allowed is None else allowed)}
    return readers | {""} if actor.workspace is Workspace.PROVIDER else readers


def case_news(actor: Actor, case: Case, after: int) -> tuple[int, list[str]]:
    """(the newest event that the actor may read, the regions of the case page that changed since event `after`).

    Mostly nothing happened: that costs one index seek. Only then is asked what the actor may read.
    """
    if not Event.objects.filter(case_id=case.pk, id__gt=after).exists():
        return after, []
    kinds = list(case_events(case.pk, readers_of(actor, case), after=after).values_list("id", "kind")[:MANY])
    return (kinds[-1][0], regions(kind for _, kind in kinds)) if kinds else (after, [])


def last_event(actor: Actor, case: Case, allowed: frozenset[Action] | None = None) -> int:
    """The newest event that the actor may read: what a page says it has shown."""
    rows = Event.objects.filter(case_id=case.pk, reader__in=readers_of(actor, case, allowed))
    return rows.order_by("-id").values_list("id", flat=True).first() or 0


def regions(kinds: Iterable[str]) -> list[str]:
    """The regions that these kinds of event change; the history shows every one."""
    changed = {"history"}
    for kind in kinds:
        changed.update(REGIONS.get(kind) or REGIONS.get(kind.split(".", 1)[0], ("status",)))
    return sorted(changed)


@dataclass(frozen=True)
class Shown:
    """What an open list says it shows: the numbers of its cases, and how many cases its reader sees of all providers or of one.

    all is None when the list does not say.
    """

    numbers: frozenset[str] = frozenset()
    all: int | None = None
    provider: int | None = None


@dataclass(frozen=True)
class News:
    """last: from where to ask next. seen: what the reader was told of, so that the same is not news twice. changed: the list is stale."""

    last: int
    seen: str = ""
    changed: bool = False


def workspace_news(actor: Actor, after: int, seen: str = "", shown: Shown | None = None) -> News:
    """Whether anything happened since event `after` that a list of this workspace shows.

    Mostly nothing happened anywhere: that is one seek at the end of the events. Otherwise the few events since are looked at, never more
    than MANY, and only those around providers whom the actor knows: the cost follows what happened, not how many providers share.
    `last` stays SETTLED behind the newest event, because a transaction that began earlier may commit a smaller id later.
    """
    newest = newest_event()
    if newest <= after:
        return News(after)
    rows = list(_around(actor, after).order_by("-id").values_list("id", "kind", "case_id", "reader")[:MANY])
    settled = Event.objects.filter(id__gt=after, at__lt=clock.now() - SETTLED).order_by("-id").values_list("id", flat=True).first()
    told = _told(actor, rows, shown or Shown()) if rows else ""
    return News(settled or after, told, told not in {"", seen})


def _around(actor: Actor, after: int) -> QuerySet[Event]:
    """Events later than `after` around the providers whom the actor knows, also those who no longer share: that a case went is news."""
    rows = Event.objects.filter(id__gt=after)
    if actor.workspace is Workspace.PROVIDER:
        return rows.filter(provider_id=actor.provider_id)
    if actor.workspace is Workspace.COLLABORATOR:
        return rows.filter(Exists(Collaboration.objects.filter(person_id=actor.user_id, provider_id=OuterRef("provider_id"))))
    return rows


def _told(actor: Actor, rows: Sequence[tuple[int, str, int | None, str]], shown: Shown) -> str:
    """What these events change for the reader, as a mark: events that they may read, cases shown that they no longer see, a number of all
    that is another one. Empty when nothing: what happens on others' cases leaves no trace in the answer.
    """
    if len(rows) == MANY:
        return "many"
    visible, readers = cases_for(actor), _READERS.get(actor.workspace, frozenset())
    read = [(event, case_id) for event, _kind, case_id, reader in rows if case_id and reader in readers]
    seen = set(visible.filter(pk__in={case_id for _event, case_id in read}).values_list("pk", flat=True)) if read else set()
    events = [event for event, case_id in read if case_id in seen]
    if not any(kind.split(".", 1)[0] in SHARING or kind == "order.discarded" for _event, kind, _case_id, _reader in rows):
        return f"{events[0]}-{len(events)}" if events else ""
    left = visible.filter(number__in=shown.numbers).count() if shown.numbers else 0
    all_now = reach_of(actor).counts(shown.provider).all if shown.all is not None else None
    if not events and left == len(shown.numbers) and all_now == shown.all:
        return ""
    return f"{events[0] if events else 0}-{len(events)}-{left}-{all_now or 0}"


def workspace_last(actor: Actor) -> int:
    """The newest event of all: what a list says it has shown. Names nothing, so it asks nobody."""
    return newest_event()
