"""Reads of what happened."""

from django.db.models import QuerySet

from midline.activity.models import Event


def case_events(case_id: int, readers: set[str], *, after: int = 0) -> "QuerySet[Event]":
    """Events of a case that somebody with the actions `readers` may read, oldest first, newer than event `after`."""
    return Event.objects.filter(case_id=case_id, id__gt=after, reader__in=readers).select_related("person").order_by("id")
