"""What waits for a provider: the Action Needed cards of the dashboard, what waits longest, and how many cases stand in each status.

Cards and rows walk the provider's few cases in those statuses; the other statuses come from the counters, so that nothing here costs by
the number of all cases. With one practice chosen its cases are counted in the order of an index.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db.models import BooleanField, Count, ExpressionWrapper, Min, Q, QuerySet

from midline.cases.models import Case, CollaboratorStatus, Group, ProviderCount, Status
from midline.cases.policies import cases_for
from midline.cases.queries.conditions import collaborator_status_is, statuses_of
from midline.cases.queries.reach import Reach
from midline.cases.queries.rows import Row, rows_of
from midline.people.policies import Actor

LONGEST: Final = 5


@dataclass(frozen=True)
class Card:
    """How many cases wait in one status (records needed: missing or unusable), and since when the oldest does."""

    status: Status
    unusable: bool
    count: int
    since: datetime | None


def action_cards(actor: Actor, practice_id: int | None = None) -> list[Card]:
    """Awaiting approval, records missing, records unusable, drafts; one query. A status that nothing stands in has count 0."""
    unusable = ExpressionWrapper(Q(status_detail__startswith="unusable"), output_field=BooleanField())
    grouped = (
        _standing(actor, practice_id)
        .order_by()
        .values("status", bad=unusable)
        .annotate(n=Count("pk"), since=Min("current_order__status_since"))
    )
    found = {(row["status"], bool(row["bad"])): (row["n"], row["since"]) for row in grouped}
    shown = ((Status.AWAITING_APPROVAL, False), (Status.RECORDS_NEEDED, False), (Status.RECORDS_NEEDED, True), (Status.DRAFT, False))
    return [Card(status, bad, *found.get((status.value, bad), (0, None))) for status, bad in shown]


def ready_count(actor: Actor, practice_id: int | None = None) -> int:
    """How many of the cases that await approval everybody who evaluates holds ready."""
    rows = _standing(actor, practice_id).filter(status=Status.AWAITING_APPROVAL)
    return rows.filter(collaborator_status_is(CollaboratorStatus.READY, actor)).count()


def waiting_longest(reach: Reach, practice_id: int | None = None) -> list[tuple[Row, datetime]]:
    """The cases that have waited longest for the provider or their collaborators, with since when: five queries, whatever waits."""
    rows = _standing(reach.actor, practice_id).filter(current_order__isnull=False)
    longest = dict(rows.order_by("current_order__status_since", "pk").values_list("pk", "current_order__status_since")[:LONGEST])
    cases = cases_for(reach.actor).filter(pk__in=longest)
    held = {case.pk: case for case in cases.select_related("patient", "practice", "provider__person", "current_order__created_by")}
    found = rows_of([("", held[pk]) for pk in longest if pk in held], reach)
    return [(row, longest[row.id]) for row in found]


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
