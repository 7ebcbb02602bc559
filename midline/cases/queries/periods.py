"""The periods of practice insights: month, quarter, year to date, all time; the period before; and how each falls into steps of a chart."""

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from django.db import models
from django.utils.translation import gettext_lazy as _

# How many steps of a kind a chart of all time shows at most, before it takes the next larger.
MONTHS_AT_MOST: Final = 18
QUARTERS_AT_MOST: Final = 24


class Span(models.TextChoices):
    """What the address may ask for."""

    MONTH = "month", _("Month")
    QUARTER = "quarter", _("Quarter")
    YEAR = "year", _("Year to date")
    ALL = "all", _("All time")


class Step(models.TextChoices):
    """What one bar of a chart stands for."""

    WEEK = "week", _("Week")
    MONTH = "month", _("Month")
    QUARTER = "quarter", _("Quarter")
    YEAR = "year", _("Year")


@dataclass(frozen=True)
class Period:
    """Days from `begins` to `ends`, both included, in the time zone `zone`; the chart goes by `step`."""

    begins: date
    ends: date
    zone: str
    step: Step

    @property
    def from_s(self) -> int:
        """Its first second, since 1970 UTC."""
        return _second(self.begins, self.zone)

    @property
    def until_s(self) -> int:
        """The first second after it: a day is over at midnight of the zone, also on days of 23 or 25 hours."""
        return _second(self.ends + timedelta(days=1), self.zone)

    def steps(self) -> list[date]:
        """The first day of every step; the first and the last step may be cut by the period."""
        return list(self._steps())

    def _steps(self) -> Iterator[date]:
        day = self.begins
        while day <= self.ends:
            yield day
            day = _next(day, self.step)

    def starts_s(self) -> list[int]:
        return [_second(day, self.zone) for day in self.steps()]


def period_of(span: Span, today: date, zone: str, first: date | None = None) -> Period:
    """The period up to and including `today`. `first`: the day of the first milestone, where all time begins."""
    match span:
        case Span.MONTH:
            return Period(today.replace(day=1), today, zone, Step.WEEK)
        case Span.QUARTER:
            return Period(today.replace(month=today.month - (today.month - 1) % 3, day=1), today, zone, Step.WEEK)
        case Span.YEAR:
            return Period(today.replace(month=1, day=1), today, zone, Step.MONTH)
    begins = min(first or today, today)
    months = 12 * (today.year - begins.year) + today.month - begins.month + 1
    quarters = 4 * (today.year - begins.year) + (today.month - 1) // 3 - (begins.month - 1) // 3 + 1
    step = Step.MONTH if months <= MONTHS_AT_MOST else Step.QUARTER if quarters <= QUARTERS_AT_MOST else Step.YEAR
    return Period(begins, today, zone, step)


def period_before(span: Span, period: Period) -> Period | None:
    """As far into the month, quarter or year before: 1 Oct – 22 Nov against 1 Jul – 22 Aug.

    To the same day of the month; where that month has no such day, to its last: 31 March against 28 February, 29 February against the
    28th of the year before. Before all time there was nothing.
    """
    back = {Span.MONTH: 1, Span.QUARTER: 3, Span.YEAR: 12}.get(span)
    if back is None:
        return None
    return Period(_months_back(period.begins, back), _months_back(period.ends, back), period.zone, period.step)


def _months_back(day: date, months: int) -> date:
    year, month = divmod(12 * day.year + day.month - 1 - months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def _next(day: date, step: Step) -> date:
    """The first day of the next calendar week (from Monday), month, quarter or year."""
    if step is Step.WEEK:
        return day + timedelta(days=7 - day.weekday())
    months = {Step.MONTH: 1, Step.QUARTER: 3, Step.YEAR: 12}[step]
    index = 12 * day.year + day.month - 1
    year, month = divmod(index - index % months + months, 12)
    return date(year, month + 1, 1)


def _second(day: date, zone: str) -> int:
    return int(datetime.combine(day, time.min, tzinfo=ZoneInfo(zone)).timestamp())
