"""Reads of what happened."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.contrib.auth import get_user_model
from django.db.models import OuterRef, Q, QuerySet, Subquery

from midline.activity.models import Access, Event
from midline.core.prepared import prepared

AT_ONCE: Final = 400
# So many pages of a person are looked through for where a visit ended.
LATELY: Final = 200


def case_events(case_id: int, readers: set[str], *, after: int = 0) -> "QuerySet[Event]":
    """Events of a case that somebody with the actions `readers` may read, oldest first, newer than event `after`."""
    return Event.objects.filter(case_id=case_id, id__gt=after, reader__in=readers).select_related("person").order_by("id")


def newest_event() -> int:
    """The newest event of all."""
    rows = prepared("newest event", lambda: Event.objects.order_by("-id").values_list("id")[:1]).rows()
    return int(rows[0][0]) if rows else 0


@dataclass(frozen=True)
class Recent:
    """One of a provider's newest events, without what it tells."""

    id: int
    kind: str
    at: datetime
    person_id: int | None
    case_id: int | None
    reader: str


def newest_events(provider_id: int, *, after: int, most: int) -> list[Recent]:
    """A provider's newest events, at most so many and none up to event `after`: one stretch of an index, whatever has happened."""
    rows = Event.objects.filter(provider_id=provider_id, id__gt=after).order_by("-id")
    return [Recent(*row) for row in rows.values_list("id", "kind", "at", "person_id", "case_id", "reader")[:most]]


def events_told(ids: Sequence[int]) -> dict[int, Event]:
    """These events with the people who did them."""
    return Event.objects.select_related("person").in_bulk(ids)


def pages_lately(person_id: int, workspace: str, moment: datetime) -> list[datetime]:
    """When this person was shown patients in `workspace` after `moment`, oldest first, among their newest pages."""
    rows = Access.objects.filter(person_id=person_id).order_by("-id").values_list("at", "workspace")[:LATELY]
    return sorted(at for at, where in rows if where == workspace and at > moment)


def accessed_since(person_id: int, workspace: str, view: str, moment: datetime) -> bool:
    """Whether this person was shown `view` after `moment`: ranges and thumbnails of one file are one row a minute."""
    return Access.objects.filter(person_id=person_id, workspace=workspace, view=view, at__gt=moment).exists()


def newest_accesses(people: Sequence[int], workspace: str, each: int) -> list[tuple[int, datetime, set[int]]]:
    """(person, when, cases shown) of the newest `each` requests of every one of these people, newest first.

    Two queries for every 400 people: the first finds where each person's newest rows begin, one index seek a person.
    """
    found: list[tuple[int, datetime, set[int]]] = []
    for start in range(0, len(people), AT_ONCE):
        mine = Access.objects.filter(person_id=OuterRef("pk"), workspace=workspace).order_by("-id").values("pk")
        those = get_user_model().objects.filter(pk__in=people[start : start + AT_ONCE])
        begins = those.annotate(oldest=Subquery(mine[each - 1 : each])).values_list("pk", "oldest")
        wanted = Q(pk__in=[])
        for person, oldest in begins:
            wanted |= Q(person_id=person, pk__gte=oldest or 0)
        rows = Access.objects.filter(wanted, workspace=workspace).order_by("-id").values_list("person_id", "at", "case_ids")
        found += [(person, at, set(ids)) for person, at, ids in rows]
    return found
