"""The one place that asks what time it is, so that tests can move it."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.utils import timezone


def now() -> datetime:
    """This moment, aware, in UTC."""
    return timezone.now()


def today(zone: str) -> date:
    """The calendar day of this moment in `zone`, an IANA name such as Europe/Oslo."""
    return now().astimezone(ZoneInfo(zone)).date()


def end_of_day(day: date, zone: str) -> datetime:
    """The first moment after `day` in `zone`: access "through that day" holds while now < this."""
    from datetime import time, timedelta

    return datetime.combine(day + timedelta(days=1), time.min, tzinfo=ZoneInfo(zone))
