"""Counters, moved in the transaction that moves the case: two statements, whatever the number of cases.

The row of a provider is the lock of all its counters: whoever writes one holds it until the commit. Who changes shares changes them first
and then recounts under the lock, so that a status that moved meanwhile is counted once, on this side or on that.
"""

from collections.abc import Collection

from django.db import transaction
from django.db.models import Case as When_
from django.db.models import Count, F, Value, When

from midline.cases.models import Case, CollaborationCount, ProviderCount, Share, Status
from midline.collaboration.models import Collaboration


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
    """The same for several collaborations of one provider, in four statements. Call it last: the counters stay locked until the commit."""
    if not ids:
        return
    # Without no_key, writing a row that names the provider would wait for it.
    list(ProviderCount.objects.select_for_update(no_key=True).filter(pk=provider_id).values_list("pk"))
    singly = set(Collaboration.objects.filter(pk__in=ids, every_case=False).values_list("pk", flat=True))
    shared = Share.objects.filter(collaboration_id__in=singly, ended_at=None, gives=True).order_by()
    rows = shared.values_list("collaboration_id", "case__status").annotate(n=Count("id")) if singly else []
    found = {(pk, status): n for pk, status, n in rows}
    CollaborationCount.objects.bulk_create(
        [
            CollaborationCount(collaboration_id=pk, status=status, count=found.get((pk, status), 0))
            for pk in sorted(ids)
            for status in Status.values
        ],
        update_conflicts=True,
        unique_fields=["collaboration", "status"],
        update_fields=["count"],
    )
