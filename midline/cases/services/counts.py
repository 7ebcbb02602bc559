"""Counters, moved in the transaction that moves the case: two statements, whatever the number of cases."""

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
    found: dict[str, int] = dict.fromkeys(Status.values, 0)
    if not collaboration.every_case:
        shared = Share.objects.filter(collaboration=collaboration, ended_at=None, gives=True).order_by()
        found |= dict(shared.values_list("case__status").annotate(n=Count("id")))
    rows = [CollaborationCount(collaboration=collaboration, status=status, count=n) for status, n in found.items()]
    CollaborationCount.objects.bulk_create(rows, update_conflicts=True, unique_fields=["collaboration", "status"], update_fields=["count"])
