"""The Dashboard of a provider, put together: every part in a constant number of queries, whatever the number of cases."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Self
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.http import QueryDict
from django.urls import reverse
from django.utils import dateformat, formats
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django_stubs_ext import StrOrPromise

from midline.activity.models import Visit
from midline.cases.models import Group, Status
from midline.cases.queries import Asked, Reach, Row
from midline.cases.queries.insights import insights_of
from midline.cases.queries.periods import Span
from midline.cases.queries.waiting import Card, ready_count, status_counts, waiting_of
from midline.core import clock
from midline.practices.models import Practice
from midline.web.dashboard.figures import NAMES, days_drawn, further_figures, orders_drawn, range_words
from midline.web.dashboard.news import news_of

# So many lines of what is new stand open; the others unfold.
OPEN_LINES: Final = 5
CARD_LABELS: Final = {
    (Status.AWAITING_APPROVAL, False): gettext_lazy("Awaiting approval"),
    (Status.RECORDS_NEEDED, False): gettext_lazy("Records missing"),
    (Status.RECORDS_NEEDED, True): gettext_lazy("Records unusable"),
    (Status.DRAFT, False): gettext_lazy("Drafts"),
}


@dataclass(frozen=True)
class Choice:
    """What the address chooses: one practice or all, and the period of the insights."""

    practices: list[Practice]
    practice: Practice | None
    span: Span

    @classmethod
    def of(cls, query: QueryDict, provider_id: int) -> Self:
        """What is no practice of this provider, or no period, counts as not chosen."""
        practices = list(Practice.objects.filter(provider_id=provider_id).order_by("position", "id"))
        practice = next((one for one in practices if str(one.pk) == query.get("practice")), None)
        given = query.get("period", "")
        return cls(practices, practice, Span(given) if given in Span.values else Span.QUARTER)

    @property
    def practice_id(self) -> int | None:
        return self.practice.pk if self.practice else None

    @property
    def zone(self) -> str:
        """Days and periods begin at midnight of the first practice, whichever is chosen."""
        return self.practices[0].time_zone if self.practices else "UTC"

    def address(self, span: Span) -> str:
        pairs = [("practice", str(self.practice_id))] if self.practice else []
        return "?" + urlencode([*pairs, ("period", span.value)])

    def list_address(self, **view: Any) -> str:
        """Manage Orders with exactly these cases."""
        practice = (self.practice.pk,) if self.practice else ()
        return reverse("cases:manage_orders") + Asked(practice=practice, **view).address()


@dataclass(frozen=True)
class ShownCard:
    """A card: what waits, how many, since when in words, and where they stand in the list."""

    label: StrOrPromise
    tone: str
    icon: str
    count: int
    unit: str
    said: str
    url: str


@dataclass(frozen=True)
class ShownRow:
    """A case that waits, how long in words, and of the longest wait which part that is, in units of a bar 64 long."""

    row: Row
    url: str
    waits: str
    since: datetime
    length: int


@dataclass(frozen=True)
class ShownStatus:
    status: Status
    count: int
    url: str


def dashboard_of(reach: Reach, choice: Choice, visit: Visit) -> dict[str, Any]:
    """Everything the page shows; `case_ids` are the cases whose patients it names."""
    waiting = waiting_of(reach, choice.practice_id)
    cards, longest = waiting.cards, waiting.longest
    counts = status_counts(reach, choice.practice_id)
    insights = insights_of(reach.actor, choice.span, choice.zone, choice.practice_id)
    news = news_of(reach.actor, visit)
    ready = ready_count(reach.actor, choice.practice_id) if cards[0].count else 0
    return {
        "choice": choice,
        "today": clock.today(choice.zone),
        "is_new": not choice.practice and not any(counts.values()),
        "cards": [_card(card, choice, ready) for card in cards],
        "action": sum(card.count for card in cards),
        "action_url": choice.list_address(group=Group.ACTION.value),
        "longest": _longest(longest),
        "progress": _group(Group.PROGRESS, counts, choice),
        "closed": _group(Group.CLOSED, counts, choice),
        "spans": [{"label": span.label, "url": choice.address(span), "current": span is choice.span} for span in Span],
        "range": range_words(insights),
        "names": NAMES[choice.span],
        "charts": [orders_drawn(insights), days_drawn(insights)],
        "figures": further_figures(insights),
        "news": news,
        "since": _moment(news.since, choice.zone),
        "news_open": news.items[:OPEN_LINES],
        "news_folded": news.items[OPEN_LINES:],
        "case_ids": sorted({row.id for row, _since in longest} | set(news.case_ids)),
    }


def _card(card: Card, choice: Choice, ready: int) -> ShownCard:
    tone, icon = ("stop", "file-x-2") if card.unusable else (card.status.tone, card.status.icon)
    unit = {
        Status.AWAITING_APPROVAL: ngettext("setup", "setups", card.count),
        Status.DRAFT: ngettext("order", "orders", card.count),
    }.get(card.status, ngettext("case", "cases", card.count))
    said = _waits_for(card.since) if card.since else _("Nothing waits")
    if card.status is Status.AWAITING_APPROVAL and ready:
        said += "; " + ngettext("%(n)s is Ready for Approval", "%(n)s are Ready for Approval", ready) % {"n": ready}
    view: dict[str, Any] = {"status": (card.status.value,)}
    if card.status is Status.RECORDS_NEEDED:
        view["records"] = ("unusable" if card.unusable else "missing",)
    return ShownCard(CARD_LABELS[card.status, card.unusable], tone, icon, card.count, unit, said, choice.list_address(**view))


def _longest(found: list[tuple[Row, datetime]]) -> list[ShownRow]:
    now, pattern = clock.now(), reverse("web:case", args=["provider", "0000000"])
    most = max((now - since for _row, since in found), default=timedelta()) or timedelta(seconds=1)
    return [
        ShownRow(row, pattern.replace("0000000", row.number), _long(now - since), since, max(1, round(64 * ((now - since) / most))))
        for row, since in found
    ]


def _group(group: Group, counts: dict[str, int], choice: Choice) -> dict[str, Any]:
    """A group of the panel: how many cases, and each of its statuses with its own number."""
    shown = [status for status in Status if status.group is group]
    return {
        "group": group,
        "count": sum(counts[status] for status in shown),
        "url": choice.list_address(group=group.value),
        "statuses": [ShownStatus(status, counts[status], choice.list_address(status=(status.value,))) for status in shown],
    }


def _long(past: timedelta) -> str:
    """ "16 days", "5 h", "12 min"."""
    if past >= timedelta(days=1):
        return ngettext("%(n)s day", "%(n)s days", past.days) % {"n": past.days}
    if past >= timedelta(hours=1):
        return _("%(n)s h") % {"n": past // timedelta(hours=1)}
    return _("%(n)s min") % {"n": max(0, past // timedelta(minutes=1))}


def _waits_for(since: datetime) -> str:
    """ "For 16 days"."""
    past = clock.now() - since
    if past >= timedelta(days=1):
        return ngettext("For %(n)s day", "For %(n)s days", past.days) % {"n": past.days}
    if past >= timedelta(hours=1):
        hours = past // timedelta(hours=1)
        return ngettext("For %(n)s hour", "For %(n)s hours", hours) % {"n": hours}
    return _("For less than an hour")


def _moment(since: datetime | None, zone: str) -> str:
    """ "Friday, 17:48" in the week past, else "14 Nov 2026, 17:48"; empty where nobody was here before."""
    if since is None:
        return ""
    local = since.astimezone(ZoneInfo(zone))
    if clock.now() - since < timedelta(days=6):
        day, time = dateformat.format(local, "l"), formats.date_format(local, "TIME_FORMAT")
        return _("%(day)s, %(time)s") % {"day": day, "time": time}
    return formats.date_format(local, "DATETIME_FORMAT")
