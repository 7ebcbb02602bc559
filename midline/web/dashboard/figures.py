"""Practice insights in words: the number, what it counts, and how it moved against the period before.

Green and amber say "better" and "worse" only where that is certain: time, setups per case and approval at the first setup. More orders or
more setups sent back are neither.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from django.utils import dateformat, formats
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from midline.cases.queries.insights import Figures, Insights
from midline.cases.queries.periods import Period, Span, Step
from midline.web.dashboard.charts import Chart, bars, line

UP: Final = "arrow-up-right"
DOWN: Final = "arrow-down-right"
SAME: Final = "arrow-right"


@dataclass(frozen=True)
class Delta:
    words: str
    icon: str = SAME
    tone: str = "idle"


@dataclass(frozen=True)
class Figure:
    """`value` stands large, `unit` beside it; `delta` is None where there is nothing before to compare with (all time)."""

    label: str
    value: str
    unit: str
    delta: Delta | None


@dataclass(frozen=True)
class TableRow:
    """One step: its label and value, and of the period before the step at the same place."""

    label: str
    value: str
    label_before: str
    before: str


@dataclass(frozen=True)
class Drawn:
    """A figure with its chart, what the chart says in words, and its numbers as rows. `chart` is None when there is nothing to draw."""

    name: str
    figure: Figure
    chart: Chart | None
    said: str
    rows: list[TableRow]
    step: str


NAMES: Final = {
    Span.MONTH: (gettext_lazy("this month"), gettext_lazy("the one before")),
    Span.QUARTER: (gettext_lazy("this quarter"), gettext_lazy("the one before")),
    Span.YEAR: (gettext_lazy("this year"), gettext_lazy("the year before")),
    Span.ALL: (gettext_lazy("all time"), ""),
}


def range_words(insights: Insights) -> str:
    """ "1 Oct – 22 Nov against 1 Jul – 22 Aug"; years where they are not this one's."""
    year = insights.period.ends.year
    now = _days(insights.period, year)
    if insights.period_before is None:
        return _("Since %(day)s") % {"day": _day(insights.period.begins, year)}
    return _("%(now)s against %(before)s") % {"now": now, "before": _days(insights.period_before, year)}


def orders_drawn(insights: Insights) -> Drawn:
    now, before = insights.now, insights.before
    label = {
        Step.WEEK: _("Orders submitted, per week"),
        Step.MONTH: _("Orders submitted, per month"),
        Step.QUARTER: _("Orders submitted, per quarter"),
        Step.YEAR: _("Orders submitted, per year"),
    }[insights.period.step]
    figure = Figure(label, _count(now.orders), ngettext("order", "orders", now.orders), _orders_delta(now, before) if before else None)
    values, earlier = now.orders_by_step, before.orders_by_step if before else ()
    labels = _labels(insights.period)
    chart = bars(values, earlier, labels) if any((*values, *earlier)) else None
    return Drawn("orders", figure, chart, _said(figure, insights), _rows(insights, values, earlier, _count), _step(insights))


def days_drawn(insights: Insights) -> Drawn:
    now, before = insights.now, insights.before
    label = {
        Step.WEEK: _("From order to approval, days per week"),
        Step.MONTH: _("From order to approval, days per month"),
        Step.QUARTER: _("From order to approval, days per quarter"),
        Step.YEAR: _("From order to approval, days per year"),
    }[insights.period.step]
    unit = _("days, median") if now.approved else _("No setup was approved")
    delta = _days_delta(now.days_to_approval, before.days_to_approval, whole=True) if before else None
    figure = Figure(label, _decimal(now.days_to_approval), unit, delta)
    values, earlier = now.days_by_step, before.days_by_step if before else ()
    labels = _labels(insights.period)
    chart = line(values, earlier, labels) if any(one is not None for one in (*values, *earlier)) else None
    return Drawn("days", figure, chart, _said(figure, insights), _rows(insights, values, earlier, _decimal), _step(insights))


def further_figures(insights: Insights) -> list[Figure]:
    """Setups per case, approved at version 1, declined setups, your share of the wait."""
    now, before = insights.now, insights.before
    waited = ngettext("%(n)s day", "%(n)s days", _plural(now.days_waited)) % {"n": _decimal(now.days_waited)}
    share = "–" if now.first_time is None else _("%(n)s%%") % {"n": round(100 * now.first_time)}
    return [
        Figure(_("Setups per case"), _decimal(now.setups_per_case), "", _setups_delta(now, before) if before else None),
        Figure(_("Approved at version 1"), share, "", _first_delta(now, before) if before else None),
        Figure(_("Declined setups"), _count(now.declined), "", _declined_delta(now, before) if before else None),
        Figure(
            _("Your share of the wait"),
            waited if now.days_waited is not None else "–",
            "",
            _days_delta(now.days_waited, before.days_waited) if before else None,
        ),
    ]


# --- against the period before --------------------------------------------------------------------------------------


def _orders_delta(now: Figures, before: Figures) -> Delta:
    more = now.orders - before.orders
    facts = {"n": _count(abs(more)), "before": _count(before.orders)}
    if more > 0:
        return Delta(_("%(n)s more than before (%(before)s)") % facts, UP)
    return Delta(_("%(n)s fewer than before (%(before)s)") % facts, DOWN) if more else Delta(_("As many as before"))


def _declined_delta(now: Figures, before: Figures) -> Delta:
    more = now.declined - before.declined
    if not more:
        return Delta(_("As many as before"))
    return Delta((_("%(n)s more") if more > 0 else _("%(n)s fewer")) % {"n": _count(abs(more))}, UP if more > 0 else DOWN)


def _setups_delta(now: Figures, before: Figures) -> Delta | None:
    if now.setups_per_case is None or before.setups_per_case is None:
        return _nothing_before(now.approved, before.approved)
    more = round(round(now.setups_per_case, 1) - round(before.setups_per_case, 1), 1)
    if not more:
        return Delta(_("As many as before"))
    words = _("%(n)s more") if more > 0 else _("%(n)s fewer")
    return Delta(words % {"n": _decimal(abs(more))}, UP if more > 0 else DOWN, "act" if more > 0 else "good")


def _first_delta(now: Figures, before: Figures) -> Delta | None:
    if now.first_time is None or before.first_time is None:
        return _nothing_before(now.approved, before.approved)
    more = round(100 * now.first_time) - round(100 * before.first_time)
    if not more:
        return Delta(_("As often as before"))
    facts = {"n": abs(more)}
    if more > 0:
        return Delta(ngettext("%(n)s point more", "%(n)s points more", more) % facts, UP, "good")
    return Delta(ngettext("%(n)s point less", "%(n)s points less", -more) % facts, DOWN, "act")


def _days_delta(now: float | None, before: float | None, *, whole: bool = False) -> Delta | None:
    """`whole` says beside it what it was before."""
    if now is None or before is None:
        return _nothing_before(now is not None, before is not None)
    more = round(round(now, 1) - round(before, 1), 1)
    if not more:
        return Delta(_("As long as before"))
    facts = {"n": _decimal(abs(more)), "before": _decimal(before)}
    if whole:
        words = _("%(n)s days longer than before (%(before)s)") if more > 0 else _("%(n)s days shorter than before (%(before)s)")
    else:
        words = _("%(n)s days longer") if more > 0 else _("%(n)s days shorter")
    return Delta(words % facts, UP if more > 0 else DOWN, "act" if more > 0 else "good")


def _nothing_before(now: int | bool, before: int | bool) -> Delta | None:
    return Delta(_("Nothing before to compare with")) if now and not before else None


# --- words of a chart -----------------------------------------------------------------------------------------------


def _said(figure: Figure, insights: Insights) -> str:
    """The chart in one sentence, for who does not see it; its numbers stand below as a table."""
    words = f"{figure.label}: {figure.value} {figure.unit}, {range_words(insights)}."
    return f"{words} {figure.delta.words}." if figure.delta else words


def _rows(
    insights: Insights, now: Sequence[float | None], before: Sequence[float | None], words: Callable[[float | None], str]
) -> list[TableRow]:
    """Step by step; the period before may have one step more or less, because its calendar weeks fall otherwise."""
    labels = _labels(insights.period)
    earlier = _labels(insights.period_before) if insights.period_before else []
    found = []
    for n in range(max(len(labels), len(earlier))):
        own = (labels[n], words(now[n])) if n < len(labels) else ("", "")
        then = (earlier[n], words(before[n])) if n < len(earlier) else ("", "")
        found.append(TableRow(*own, *then))
    return found


def _labels(period: Period) -> list[str]:
    """What stands under a step: the number of the calendar week, the month, the quarter or the year."""
    match period.step:
        case Step.WEEK:
            return [str(day.isocalendar().week) for day in period.steps()]
        case Step.MONTH:
            pattern = "M y" if period.begins.year != period.ends.year else "M"
            return [dateformat.format(day, pattern) for day in period.steps()]
        case Step.QUARTER:
            return [_("Q%(n)s %(year)s") % {"n": (day.month + 2) // 3, "year": f"{day.year % 100:02d}"} for day in period.steps()]
    return [str(day.year) for day in period.steps()]


def _step(insights: Insights) -> str:
    return str(insights.period.step.label)


def _days(period: Period, year: int) -> str:
    return f"{_day(period.begins, period.ends.year)} – {_day(period.ends, year)}"


def _day(day: date, year: int) -> str:
    return formats.date_format(day, "MONTH_DAY_FORMAT" if day.year == year else "DATE_FORMAT")


def _count(value: float | None) -> str:
    return "–" if value is None else formats.number_format(int(value), decimal_pos=0, use_l10n=True, force_grouping=True)


def _decimal(value: float | None) -> str:
    return "–" if value is None else formats.number_format(round(value, 1), decimal_pos=1, use_l10n=True)


def _plural(value: float | None) -> int:
    """The number by which a language chooses its form: 1.0 is "day", anything else is not."""
    return 1 if value is not None and round(value, 1) == 1 else 2
