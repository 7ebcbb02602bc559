"""What the filters of a list leave of its cases: everything but the policy, the tab and the search."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from functools import reduce
from operator import or_
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Exists, OuterRef, Q, QuerySet

from midline.cases.models import Case, CaseUnread, CollaboratorStatus, Group, Share, Status, Turn
from midline.cases.policies import Reader
from midline.cases.queries.asked import Asked
from midline.cases.queries.conditions import collaborator_status_is, statuses_of, turn_is
from midline.cases.queries.reach import Reach
from midline.collaboration.models import Collaboration
from midline.core import clock
from midline.people.policies import Actor
from midline.practices.queries import provider_of, time_zone_of


def narrowed(rows: QuerySet[Case], asked: Asked, reach: Reach) -> QuerySet[Case]:
    """Of these cases, those that every filter of the view lets through."""
    if asked.provider:
        rows = rows.filter(provider_id=asked.provider)
    if asked.category:
        rows = rows.filter(status__in=[status for group in asked.category for status in statuses_of(Group(group))])
    if asked.status:
        rows = rows.filter(status__in=asked.status)
    if asked.records:
        kinds = [Q(status_detail__startswith=kind) for kind in asked.records]
        rows = rows.filter(reduce(or_, kinds), status=Status.RECORDS_NEEDED)
    if asked.type:
        rows = rows.filter(case_type__in=asked.type)
    if asked.practice:
        rows = rows.filter(practice_id__in=asked.practice)
    if asked.active:
        rows = rows.filter(last_activity_at__gte=clock.now() - timedelta(days=asked.active))
    if asked.dated:
        rows = rows.filter(_within(asked, ZoneInfo(zone_of(reach.actor))))
    if asked.unread:
        rows = rows.filter(pk__in=unread_ids(reach.actor))
    return _by_collaborators(rows, asked, reach)


def unread_ids(actor: Reader) -> QuerySet[CaseUnread, Any]:
    """The few cases in which something is unread by the reader, from the index of the person."""
    return CaseUnread.objects.filter(person_id=actor.user_id, count__gt=0).values("case_id")


def zone_of(actor: Actor) -> str:
    """The time zone in which the reader's days begin and end: of their first practice, else the installation's."""
    provider = actor.provider_id or getattr(provider_of(actor.user_id or 0), "pk", None)
    return time_zone_of(provider) if provider else settings.TIME_ZONE


def _within(asked: Asked, zone: ZoneInfo) -> Q:
    """From the first moment of the first day to the last moment of the last."""

    def begins(day: date) -> datetime:
        return datetime.combine(day, time.min, tzinfo=zone)

    condition = Q()
    for column, since, until in (
        ("last_activity_at", asked.active_from, asked.active_to),
        ("submitted_at", asked.submitted_from, asked.submitted_to),
    ):
        if since:
            condition &= Q(**{f"{column}__gte": begins(since)})
        if until:
            condition &= Q(**{f"{column}__lt": begins(until + timedelta(days=1))})
    return condition


def _by_collaborators(rows: QuerySet[Case], asked: Asked, reach: Reach) -> QuerySet[Case]:
    """What is derived from shares and marks."""
    if asked.turn:
        rows = rows.filter(_any(turn_is(Turn(value), reach.actor) for value in asked.turn))
    if asked.cstatus:
        rows = rows.filter(_any(collaborator_status_is(CollaboratorStatus(value), reach.actor) for value in asked.cstatus))
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
