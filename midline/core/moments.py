"""Times in the words of a list: "12 min", "3 h", "Yesterday", "14 Nov".

A page of fifty rows says a hundred times; so what depends on the day or on the minute alone is kept, per language and time zone.
"""

from datetime import date, datetime, timedelta
from functools import lru_cache
from html import escape
from typing import Final

from django.utils import dateformat, timezone
from django.utils.safestring import SafeString
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _

KEPT: Final = 8_192
NONE, MINUTE, HOUR, HOURS = timedelta(), timedelta(minutes=1), timedelta(hours=1), timedelta(hours=6)


def ago(moment: datetime, now: datetime) -> str:
    """How long `moment` is before `now`, in as few words as a row has room for; the same rule as `web/assets/times.ts`.

    Under six hours the hours are said even across midnight: at one o'clock, "2 h" says more than "Yesterday".
    A moment to come is said as its date.
    """
    return _ago(now - moment, timezone.localtime(moment), timezone.localtime(now), get_language())


def _ago(past: timedelta, local: datetime, today: datetime, language: str | None) -> str:
    days = today.toordinal() - local.toordinal()
    if past >= NONE and (days == 0 or past < HOURS):
        if past < MINUTE:
            return _("Now")
        if past < HOUR:
            return _("%(n)s min") % {"n": past // MINUTE}
        return _("%(n)s h") % {"n": past // HOUR}
    if days == 1:
        return _("Yesterday")
    return _day(language, local.date(), local.year == today.year)


def day(moment: datetime, now: datetime) -> str:
    """ "14 Nov", with the year when it is another one."""
    local = timezone.localtime(moment)
    return _day(get_language(), local.date(), local.year == timezone.localtime(now).year)


def exact(moment: datetime) -> str:
    """ "14 November 2026, 16:20", in the time zone of the page."""
    return _exact(get_language(), timezone.localtime(moment).replace(second=0, microsecond=0, tzinfo=None))


class Times:
    """The times of one page: the zone, the language and what now is are asked once."""

    def __init__(self, now: datetime) -> None:
        self.zone, self.language = timezone.get_current_timezone(), get_language()
        self.now, self.today = now, now.astimezone(self.zone)

    def tag(self, moment: datetime) -> SafeString:
        """`<time>` with the words of `ago`, exact on hover; `web/assets/times.ts` keeps it true while the page is open."""
        local = moment.astimezone(self.zone)
        words = escape(_ago(self.now - moment, local, self.today, self.language))
        said = _said(self.language, local.replace(second=0, microsecond=0, tzinfo=None))
        return SafeString(f'<time datetime="{moment.isoformat(timespec="seconds")}" title="{said}" data-ago>{words}</time>')


def time_tag(moment: datetime, now: datetime) -> SafeString:
    """One time; a page with many makes `Times` once."""
    return Times(now).tag(moment)


@lru_cache(KEPT)
def _day(language: str | None, local: date, same_year: bool) -> str:
    pattern = pgettext("date format", "j M") if same_year else pgettext("date format", "j M Y")
    return dateformat.format(local, pattern)


@lru_cache(KEPT)
def _said(language: str | None, local: datetime) -> str:
    return escape(_exact(language, local))


@lru_cache(KEPT)
def _exact(language: str | None, local: datetime) -> str:
    return dateformat.format(local, pgettext("date format", "j F Y, H:i"))
