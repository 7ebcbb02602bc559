"""Reads of providers and practices."""

from typing import Any

from django.db.models import QuerySet

from midline.core.prepared import Slot, prepared
from midline.practices.models import Practice, Provider


def provider_of(person_id: int) -> Provider | None:
    """The confirmed provider that this person is, if any."""
    return Provider.objects.filter(person_id=person_id, state=Provider.State.CONFIRMED).first()


def provider_id_of(person_id: int) -> int | None:
    """The key of `provider_of`: what every page of a workspace asks."""
    rows = prepared("provider of", _confirmed).rows(person=person_id)
    return rows[0][0] if rows else None


def _confirmed() -> QuerySet[Provider, Any]:
    return Provider.objects.filter(person_id=Slot("person"), state=Provider.State.CONFIRMED).order_by().values_list("pk")


def first_practice(provider_id: int) -> Practice | None:
    return Practice.objects.filter(provider_id=provider_id).order_by("position", "id").first()


def time_zone_of(provider_id: int) -> str:
    """The time zone of the provider's first practice: the one in which an end date ends."""
    practice = first_practice(provider_id)
    return practice.time_zone if practice else "UTC"
