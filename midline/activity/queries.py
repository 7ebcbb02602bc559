"""Reads of what happened."""

from datetime import datetime

from django.db.models import QuerySet

from midline.activity.models import Access, Event


def case_events(case_id: int, readers: set[str], *, after: int = 0) -> "QuerySet[Event]":
    """Events of a case that somebody with the actions `readers` may read, oldest first, newer than event `after`."""
    return Event.objects.filter(case_id=case_id, id__gt=after, reader__in=readers).select_related("person").order_by("id")


def accessed_since(person_id: int, workspace: str, view: str, moment: datetime) -> bool:
    """Whether this person was shown `view` after `moment`: ranges and thumbnails of one file are one row a minute."""
    return Access.objects.filter(person_id=person_id, workspace=workspace, view=view, at__gt=moment).exists()
