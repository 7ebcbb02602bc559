"""What the filters of a list leave of its cases: everything but the policy, the tab and the search."""

from collections.abc import Iterator, Sequence
from datetime import datetime, time, timedelta
from functools import reduce
from operator import or_
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import DateTimeField, Exists, F, OuterRef, Q, QuerySet
from django.db.models.lookups import In

from midline.cases.models import Case, CaseUnread, CollaboratorStatus, Share, Status, Turn
from midline.cases.policies import Anyone, Reader
from midline.cases.queries.asked import DATES, Asked
from midline.cases.queries.conditions import collaborator_status_is, turn_is
from midline.cases.queries.reach import Reach
from midline.collaboration.models import Collaboration
from midline.core import clock
from midline.core.prepared import Slot, filled_up
from midline.people.policies import Actor
from midline.practices.queries import provider_of, time_zone_of

# How the moments that a view names bound a column; `values_of` says which moment each is.
BOUNDS: Final = {
    "active": "last_activity_at__gte",
    "active_from": "last_activity_at__gte",
    "active_to": "last_activity_at__lt",
    "submitted_from": "submitted_at__gte",
    "submitted_to": "submitted_at__lt",
}


def narrowed(rows: QuerySet[Case], asked: Asked, reach: Reach, reader: Reader | None = None) -> QuerySet[Case]:
    """Of these cases, those that every filter of the view lets through; its statuses, provider and search are asked elsewhere.

    reader: `Anyone` in a statement that is composed once, into which `values_of` are filled; the reader of the reach otherwise.
    """
    given = _slots(asked) if isinstance(reader, Anyone) else values_of(asked, reach)
    if asked.records:
        kinds = [Q(status_detail__startswith=kind) for kind in asked.records]
        rows = rows.filter(reduce(or_, kinds), status=Status.RECORDS_NEEDED)
    if asked.type:
        rows = rows.filter(case_type__in=asked.type)
    if asked.practice:
        rows = rows.filter(In(F("practice_id"), given["practice"]))
    rows = rows.filter(*(Q(**{lookup: given[name]}) for name, lookup in BOUNDS.items() if name in given))
    if asked.unread:
        rows = rows.filter(pk__in=unread_ids(reader or reach.actor))
    return _by_collaborators(rows, asked, reach, reader or reach.actor)


def is_kept(asked: Asked) -> bool:
    """Whether the statements of these filters can be composed once: what asks who shares with whom is composed each time."""
    return not (asked.collaborator or asked.shared)


def form_of(asked: Asked) -> tuple[Any, ...]:
    """What two views have in common whose filters differ in `values_of` alone."""
    many = len(filled_up(asked.practice))
    return (asked.records, asked.type, many, *(bool(getattr(asked, name)) for name in BOUNDS), asked.unread, asked.turn, asked.cstatus)


def values_of(asked: Asked, reach: Reach) -> dict[str, Any]:
    """What the filters compare with: ids of practices, and moments at which days begin where the reader works."""
    given: dict[str, Any] = {"practice": filled_up(asked.practice)}
    if asked.active:
        given["active"] = clock.now() - timedelta(days=asked.active)
    if asked.dated:
        zone = ZoneInfo(zone_of(reach.actor))
        for name in DATES:
            if day := getattr(asked, name):
                # Through the last day is before the day after it.
                first = day + timedelta(days=1) if name.endswith("_to") else day
                given[name] = datetime.combine(first, time.min, tzinfo=zone)
    return given


def _slots(asked: Asked) -> dict[str, Any]:
    """The places of `values_of`."""
    places = [Slot("practice", place=place) for place in range(len(filled_up(asked.practice)))]
    return {"practice": places, **{name: Slot(name, DateTimeField()) for name in BOUNDS if getattr(asked, name)}}


def unread_ids(actor: Reader) -> QuerySet[CaseUnread, Any]:
    """The few cases in which something is unread by the reader, from the index of the person."""
    return CaseUnread.objects.filter(person_id=actor.user_id, count__gt=0).values("case_id")


def zone_of(actor: Actor) -> str:
    """The time zone in which the reader's days begin and end: of their first practice, else the installation's."""
    provider = actor.provider_id or getattr(provider_of(actor.user_id or 0), "pk", None)
    return time_zone_of(provider) if provider else settings.TIME_ZONE


def _by_collaborators(rows: QuerySet[Case], asked: Asked, reach: Reach, reader: Reader) -> QuerySet[Case]:
    """What is derived from shares and marks."""
    if asked.turn:
        rows = rows.filter(_any(turn_is(Turn(value), reader) for value in asked.turn))
    if asked.cstatus:
        rows = rows.filter(_any(collaborator_status_is(CollaboratorStatus(value), reader) for value in asked.cstatus))
    if asked.collaborator and not reach.is_collaborator:
        rows = rows.filter(shared_with(asked.collaborator, reach))
    if asked.shared and asked.collaboration and not reach.is_collaborator:
        shared = shared_with((asked.collaboration,), reach)
        rows = rows.filter(shared if asked.shared == "yes" else ~shared)
    return rows


def shared_with(collaborations: Sequence[int], reach: Reach) -> Q:
    """Cases of the provider that at least one of these collaborations shares; others' collaborations share nothing."""
    mine = Collaboration.objects.open().filter(pk__in=collaborations, provider_id=reach.actor.provider_id or 0)
    if any(mine.values_list("every_case", flat=True)):
        return Q(provider_id=reach.actor.provider_id)
    return Q(Exists(Share.objects.filter(case_id=OuterRef("pk"), collaboration__in=mine, ended_at=None, gives=True)))


def _any(conditions: Iterator[Q]) -> Q:
    found = next(conditions)
    for condition in conditions:
        found |= condition
    return found
