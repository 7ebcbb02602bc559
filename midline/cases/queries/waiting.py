"""What waits for a provider: the Action Needed cards of the dashboard, what waits longest, and how many cases stand in each status.

Cards and rows walk the provider's few cases in those statuses; the other statuses come from the counters, so that nothing here costs by
the number of all cases. With one practice chosen its cases are counted in the order of an index.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from heapq import nsmallest
from typing import Final

from django.db.models import Count, QuerySet

from midline.cases.models import Case, CollaboratorStatus, Group, ProviderCount, Status
from midline.cases.policies import cases_for
from midline.cases.queries.conditions import collaborator_status_is, statuses_of
from midline.cases.queries.reach import Reach
from midline.cases.queries.rows import Row, rows_of
from midline.people.policies import Actor

LONGEST: Final = 5
# Status, and whether it is about records that cannot be used.
CARDS: Final = ((Status.AWAITING_APPROVAL, False), (Status.RECORDS_NEEDED, False), (Status.RECORDS_NEEDED, True), (Status.DRAFT, False))


@dataclass(frozen=True)
class Card:
    """How many cases wait in one status (records needed: missing or unusable), and since when the oldest does."""

    status: Status
    unusable: bool
    count: int
    since: datetime | None


@dataclass(frozen=True)
class Waiting:
    """The four cards, and the cases that have waited longest for the provider or their collaborators, with since when."""

    cards: list[Card]
    longest: list[tuple[Row, datetime]]


def waiting_of(reach: Reach, practice_id: int | None = None) -> Waiting:
    """What stands in Action Needed, by one walk over those cases: every number of it is of the same moment. Five queries."""
    rows = _standing(reach.actor, practice_id).filter(current_order__isnull=False).order_by()
    found = list(rows.values_list("current_order__status_since", "pk", "status", "status_detail"))
    waits: dict[tuple[str, bool], list[datetime]] = defaultdict(list)
    for since, _pk, status, detail in found:
        waits[status, detail.startswith("unusable")].append(since)
    cards = [Card(status, bad, len(waits[status, bad]), min(waits[status, bad], default=None)) for status, bad in CARDS]
    return Waiting(cards, _rows(reach, {pk: since for since, pk, _status, _detail in nsmallest(LONGEST, found)}))


def ready_count(actor: Actor, practice_id: int | None = None) -> int:
    """How many of the cases that await approval everybody who evaluates holds ready."""
    rows = _standing(actor, practice_id).filter(status=Status.AWAITING_APPROVAL)
    return rows.filter(collaborator_status_is(CollaboratorStatus.READY, actor)).count()


def _rows(reach: Reach, longest: dict[int, datetime]) -> list[tuple[Row, datetime]]:
    """These cases in this order, each with since when it waits."""
    cases = cases_for(reach.actor).filter(pk__in=longest)
    held = {case.pk: case for case in cases.select_related("patient", "practice", "provider__person", "current_order__created_by")}
    return [(row, longest[row.id]) for row in rows_of([("", held[pk]) for pk in longest if pk in held], reach)]


def status_counts(reach: Reach, practice_id: int | None = None) -> dict[str, int]:
    """How many of the provider's cases stand in each status."""
    if practice_id is None:
        counters = ProviderCount.objects.filter(pk=reach.actor.provider_id).values(*Status.values).first()
        return dict(counters or dict.fromkeys(Status.values, 0))
    rows = cases_for(reach.actor).filter(practice_id=practice_id).order_by().values_list("status").annotate(n=Count("pk"))
    return dict.fromkeys(Status.values, 0) | dict(rows)


def _standing(actor: Actor, practice_id: int | None) -> QuerySet[Case]:
    """The provider's cases in Action Needed."""
    rows = cases_for(actor).filter(status__in=statuses_of(Group.ACTION))
    return rows if practice_id is None else rows.filter(practice_id=practice_id)
