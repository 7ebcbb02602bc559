"""Reads of providers and practices."""

from midline.practices.models import Practice, Provider


def provider_of(person_id: int) -> Provider | None:
    """The confirmed provider that this person is, if any."""
    return Provider.objects.filter(person_id=person_id, state=Provider.State.CONFIRMED).first()


def first_practice(provider_id: int) -> Practice | None:
    return Practice.objects.filter(provider_id=provider_id).order_by("position", "id").first()


def time_zone_of(provider_id: int) -> str:
    """The time zone of the provider's first practice: the one in which an end date ends."""
    practice = first_practice(provider_id)
    return practice.time_zone if practice else "UTC"
