"""Reads of the bell and of what a person chose."""

from dataclasses import dataclass

from django.db.models import QuerySet

from midline.notify.kinds import KINDS
from midline.notify.models import Delivery
from midline.notify.policies import still_told
from midline.notify.words import words_of
from midline.people.models import User

PAGE = 30
IN_POPOVER = 8
COUNTED = 100


@dataclass(frozen=True)
class Entry:
    """One line of the bell, in the reader's language."""

    delivery: Delivery
    title: str
    says: str

    @property
    def is_new(self) -> bool:
        return self.delivery.read_at is None


def _bell(person: User) -> "QuerySet[Delivery]":
    rows = Delivery.objects.filter(person=person, channel=Delivery.Channel.BELL, state=Delivery.State.SHOWN, kind__in=KINDS)
    return rows.select_related("person").order_by("-id")


def bell_entries(person: User, *, before: int | None = None, limit: int = PAGE) -> tuple[list[Entry], int | None]:
    """The newest entries below `before` that the person may still read, and the id from which to go on, or None at the end."""
    rows = _bell(person) if before is None else _bell(person).filter(pk__lt=before)
    looked = list(rows[: limit + 1])
    shown = still_told(looked[:limit])
    entries = [Entry(d, KINDS[d.kind].title_in(words_of(d)), KINDS[d.kind].says_in(words_of(d))) for d in shown]
    return entries, looked[limit - 1].pk if len(looked) > limit else None


def bell_unread(person: User) -> int:
    """How many entries are new and may still be read; counting stops at 100."""
    return len(still_told(list(_bell(person).filter(read_at=None)[:COUNTED])))


def bell_entry(person: User, pk: int) -> Delivery | None:
    """One entry of the person that they may still read."""
    return next(iter(still_told(list(_bell(person).filter(pk=pk)))), None)
