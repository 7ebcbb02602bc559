"""The one place that asks what time it is, so that tests and the demo can move it."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.utils import timezone

_moved: ContextVar[datetime | None] = ContextVar("moved", default=None)


def now() -> datetime:
    """This moment, aware, in UTC."""
    return _moved.get() or timezone.now()


@contextmanager
def at(moment: datetime) -> Iterator[None]:
    """Inside the block it is `moment`: for data that tells of the past."""
    token = _moved.set(moment)
    try:
        yield
    finally:
        _moved.reset(token)


def today(zone: str) -> date:
    """The calendar day of this moment in `zone`, an IANA name such as Europe/Oslo."""
    return now().astimezone(ZoneInfo(zone)).date()


def end_of_day(day: date, zone: str) -> datetime:
    """The first moment after `day` in `zone`: access "through that day" holds while now < this."""
    return datetime.combine(day + timedelta(days=1), time.min, tzinfo=ZoneInfo(zone))
