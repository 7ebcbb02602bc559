"""What waits for a provider: the Action Needed cards of the dashboard, what waits longest, and how many cases stand in each status.

Cards and rows walk the provider's few cases in those statuses; the other statuses come from the counters, so that nothing here costs by
the number of all cases. With one practice chosen its cases are counted in the order of an index.
"""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from heapq import nsmallest
from typing import Any, Final

from django.db.models import Count, QuerySet

from midline.cases.models import Case, CollaboratorStatus, Group, Status
from midline.cases.policies import Anyone, cases_for
from midline.cases.queries.conditions import collaborator_status_is, statuses_of
from midline.cases.queries.line import lines_of
from midline.cases.queries.reach import Reach, who
from midline.cases.queries.rows import Row, rows_of
from midline.cases.queries.totals import counted, counting
from midline.core.prepared import Around, Slot, prepared
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
    found = _asked(reach.actor, practice_id, "waiting", _waiting)
    waits: dict[tuple[str, bool], list[datetime]] = defaultdict(list)
    for since, _pk, status, detail in found:
        waits[status, detail.startswith("unusable")].append(since)
    cards = [Card(status, bad, len(waits[status, bad]), min(waits[status, bad], default=None)) for status, bad in CARDS]
    return Waiting(cards, _rows(reach, {pk: since for since, pk, _status, _detail in nsmallest(LONGEST, found)}))


def ready_count(actor: Actor, practice_id: int | None = None) -> int:
    """How many of the cases that await approval everybody who evaluates holds ready."""
    return counted(_asked(actor, practice_id, "ready", _ready))


def _rows(reach: Reach, longest: dict[int, datetime]) -> list[tuple[Row, datetime]]:
    """These cases in this order, each with since when it waits."""
    held = lines_of(reach.actor, longest)
    return [(row, longest[row.id]) for row in rows_of([("", held[pk]) for pk in longest if pk in held], reach)]


def status_counts(reach: Reach, practice_id: int | None = None) -> dict[str, int]:
    """How many of the provider's cases stand in each status."""
    if practice_id is None:
        return dict(reach.counts().by_status)
    return dict.fromkeys(Status.values, 0) | dict(_asked(reach.actor, practice_id, "statuses", _statuses))


# --- statements that are composed once ------------------------------------------------------------------------------


def _asked(
    actor: Actor, practice_id: int | None, name: str, make: Callable[[Anyone, QuerySet[Case]], QuerySet[Case, Any] | Around]
) -> list[tuple[Any, ...]]:
    """What `make` asks of the cases that the actor sees, of one practice or all."""
    if not actor.user.is_active:
        return []
    reader, one = Anyone(actor.workspace), practice_id is not None

    def compose() -> QuerySet[Case, Any] | Around:
        rows = cases_for(reader).order_by()
        return make(reader, rows.filter(practice_id=Slot("practice")) if one else rows)

    return prepared((name, actor.workspace, one), compose).rows(**who(actor), practice=practice_id)


def _waiting(_reader: Anyone, rows: QuerySet[Case]) -> QuerySet[Case, Any]:
    """(since when, case, status, what is missing) of the provider's cases in Action Needed."""
    rows = rows.filter(status__in=statuses_of(Group.ACTION), current_order__isnull=False)
    return rows.values_list("current_order__status_since", "pk", "status", "status_detail")


def _ready(reader: Anyone, rows: QuerySet[Case]) -> Around:
    rows = rows.filter(status=Status.AWAITING_APPROVAL)
    return counting(rows.filter(collaborator_status_is(CollaboratorStatus.READY, reader)))


def _statuses(_reader: Anyone, rows: QuerySet[Case]) -> QuerySet[Case, Any]:
    return rows.values_list("status").annotate(n=Count("pk"))
