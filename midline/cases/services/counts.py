"""Counters, moved in the transaction that moves the case: two statements, whatever the number of cases.

The row of a provider is the lock of all its counters: whoever writes one holds it until the commit. Who changes shares changes them first
and then recounts under the lock, so that a status that moved meanwhile is counted once, on this side or on that.
"""

from collections import Counter
from collections.abc import Collection
from datetime import timedelta
from typing import Final

from django.db import connection, transaction
from django.db.models import Case as When_
from django.db.models import Count, F, Value, When

from midline.activity.models import Event
from midline.cases.events import DraftDiscarded
from midline.cases.models import Case, CollaborationCount, ProviderCount, Share, Status
from midline.collaboration.models import Collaboration
from midline.core import clock

# Every move writes last_activity_at just before it waits for the counters: longer than any transaction lives.
MOVED_LATELY: Final = timedelta(minutes=10)


def status_counted(*, case: Case, old: Status | None, new: Status | None) -> None:
    """The case left `old` (None: it is new) and stands in `new` (None: it is gone)."""
    if old == new:
        return
    changes = {status.value: F(status.value) + by for status, by in ((old, -1), (new, +1)) if status is not None}
    if not ProviderCount.objects.filter(pk=case.provider_id).update(**changes):
        provider_recount(case.provider_id)
    singly = Share.objects.filter(case=case, ended_at=None, gives=True, collaboration__every_case=False).values("collaboration_id")
    touched = [status for status in (old, new) if status is not None]
    by = When_(When(status=old or "", then=Value(-1)), default=Value(1))
    CollaborationCount.objects.filter(collaboration_id__in=singly, status__in=touched).update(count=F("count") + by)


def provider_recount(provider_id: int) -> None:
    """Counts a provider's cases anew."""
    rows = Case.objects.filter(provider_id=provider_id).order_by().values_list("status").annotate(n=Count("id"))
    found = dict.fromkeys(Status.values, 0) | dict(rows)
    ProviderCount.objects.update_or_create(provider_id=provider_id, defaults=found)


def collaboration_recount(collaboration: Collaboration) -> None:
    """Counts the single shares of a collaboration anew: twelve rows, all zero under a standing grant."""
    collaborations_recount(collaboration.provider_id, [collaboration.pk])


@transaction.atomic(savepoint=False)
def collaborations_recount(provider_id: int, ids: Collection[int]) -> None:
    """The same for several collaborations of one provider, in a constant number of statements.

    Call it last: the counters stay locked until the commit. On PostgreSQL, where others wait for that lock alone, the shares are read
    before it, and only what moved meanwhile after it.
    """
    if not ids:
        return
    singly = set(Collaboration.objects.filter(pk__in=ids, every_case=False).values_list("pk", flat=True))
    shared = Share.objects.filter(collaboration_id__in=singly, ended_at=None, gives=True).order_by()
    statuses = shared.values_list("collaboration_id", "case_id", "case__status")
    before = connection.vendor == "postgresql"
    since = clock.now() - MOVED_LATELY
    known = {(pk, case): status for pk, case, status in statuses} if before else {}
    found = Counter((pk, status) for (pk, _case), status in known.items())
    # Without no_key, writing a row that names the provider would wait for it.
    list(ProviderCount.objects.select_for_update(no_key=True).filter(pk=provider_id).values_list("pk"))
    if before:
        lately = Case.objects.filter(provider_id=provider_id, last_activity_at__gte=since).values_list("pk", flat=True)
        moved = {(pk, case): status for pk, case, status in statuses.filter(case_id__in=lately)}
        newest = Event.objects.filter(provider_id=provider_id).order_by("-id").values_list("kind", "case_id")[:500]
        gone = {case for kind, case in newest if kind == DraftDiscarded.KIND} - set(lately)
        for key in moved.keys() | {(pk, case) for pk in singly for case in gone}:
            if key in known:
                found[key[0], known[key]] -= 1
            if key in moved:
                found[key[0], moved[key]] += 1
    else:
        rows = shared.values_list("collaboration_id", "case__status").annotate(n=Count("id")) if singly else []
        found = Counter({(pk, status): n for pk, status, n in rows})
    CollaborationCount.objects.bulk_create(
        [CollaborationCount(collaboration_id=pk, status=status, count=found[pk, status]) for pk in sorted(ids) for status in Status.values],
        update_conflicts=True,
        unique_fields=["collaboration", "status"],
        update_fields=["count"],
    )
