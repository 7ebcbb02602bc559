"""Practice insights: what a provider's orders came to in a period, against the period before. Read from milestones, one range of an index.

The figures are a provider's own and name no case, as the counters do; that the reader is the provider is the workspace's to say.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from statistics import fmean, median
from typing import Final
from zoneinfo import ZoneInfo

from django.db.models import Q

from midline.cases.models import Milestone
from midline.cases.policies import cases_for
from midline.cases.queries.periods import Period, Span, period_before, period_of
from midline.core import clock
from midline.people.policies import Actor

DAY_S: Final = 86_400

# kind, at_s, round, took_s, waited_s
Row = tuple[str, int, int, int, int]


@dataclass(frozen=True)
class Figures:
    """What happened in one period. None: nothing in it to take the figure from.

    orders: orders submitted, of every type. approved: setups approved, which is orders with setups.
    days_to_approval: median of the days from the submission of an order to the approval of its setup, over orders approved in the period.
    setups_per_case: how many setups an order approved in the period took until then, in the mean.
    first_time: the share of them whose first setup was approved, 0 to 1.
    declined: how often a setup was sent back to the lab in the period.
    days_waited: median of the days that these orders, between submission and approval, waited for the provider or the provider's
    collaborators: records asked for, or a setup awaiting approval. On hold counts for nobody.
    orders_by_step, days_by_step: orders and median days to approval in each step of the period (`Period.steps`).
    """

    orders: int
    approved: int
    days_to_approval: float | None
    setups_per_case: float | None
    first_time: float | None
    declined: int
    days_waited: float | None
    orders_by_step: tuple[int, ...]
    days_by_step: tuple[float | None, ...]


@dataclass(frozen=True)
class Insights:
    """A period with its figures, and the period before; `before` is None for all time."""

    span: Span
    period: Period
    now: Figures
    period_before: Period | None
    before: Figures | None


def insights_of(actor: Actor, span: Span, zone: str, practice_id: int | None = None) -> Insights:
    """The insights of a provider, or of one practice of theirs (where the cases belong today); one query, two for all time.

    `zone` decides when a day, a month and a quarter begin: that of the provider's first practice.
    """
    mine = Milestone.objects.filter(provider_id=actor.provider_id or 0)
    if practice_id is not None and span is Span.ALL:
        # Half of everything: the cases of the practice are gathered once, from an index, and not looked up for each row.
        mine = mine.filter(case_id__in=cases_for(actor).filter(practice_id=practice_id).values("pk"))
    elif practice_id is not None:
        mine = mine.filter(case__practice_id=practice_id)
    first = None
    if span is Span.ALL:
        oldest = mine.order_by("at_s").values_list("at_s", flat=True).first()
        first = _day(oldest, zone) if oldest is not None else None
    period = period_of(span, clock.today(zone), zone, first)
    earlier = period_before(span, period)
    wanted = Q(at_s__gte=period.from_s, at_s__lt=period.until_s)
    if earlier:
        wanted |= Q(at_s__gte=earlier.from_s, at_s__lt=earlier.until_s)
    rows = list(mine.filter(wanted).values_list("kind", "at_s", "round", "took_s", "waited_s"))
    return Insights(span, period, figures_of(rows, period), earlier, figures_of(rows, earlier) if earlier else None)


def figures_of(rows: Iterable[Row], period: Period) -> Figures:
    """The figures of `period` from milestones, of which some may lie outside it."""
    begins, ends = period.from_s, period.until_s
    inside = [row for row in rows if begins <= row[1] < ends]
    submitted = [row[1] for row in inside if row[0] == "submitted"]
    approved = [row for row in inside if row[0] == "approved"]
    starts = period.starts_s()
    orders = [0] * len(starts)
    for at in submitted:
        orders[bisect_right(starts, at) - 1] += 1
    took: list[list[int]] = [[] for _ in starts]
    for _kind, at, _round, took_s, _waited in approved:
        took[bisect_right(starts, at) - 1].append(took_s)
    return Figures(
        orders=len(submitted),
        approved=len(approved),
        days_to_approval=_days([row[3] for row in approved]),
        setups_per_case=fmean(row[2] for row in approved) if approved else None,
        first_time=sum(row[2] == 1 for row in approved) / len(approved) if approved else None,
        declined=len(inside) - len(submitted) - len(approved),
        days_waited=_days([row[4] for row in approved]),
        orders_by_step=tuple(orders),
        days_by_step=tuple(_days(one) for one in took),
    )


def _days(seconds: Sequence[int]) -> float | None:
    return median(seconds) / DAY_S if seconds else None


def _day(second: int, zone: str) -> date:
    return datetime.fromtimestamp(second, UTC).astimezone(ZoneInfo(zone)).date()
