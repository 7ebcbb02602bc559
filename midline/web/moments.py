"""Times in the words of a list: "12 min", "3 h", "Yesterday", "14 Nov"."""

from datetime import datetime, timedelta

from django.utils import dateformat, timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext


def ago(moment: datetime, now: datetime) -> str:
    """How long `moment` is before `now`, in as few words as a row has room for; the same rule as `assets/times.ts`.

    Under six hours the hours are said even across midnight: at one o'clock, "2 h" says more than "Yesterday".
    A moment to come is said as its date.
    """
    past = now - moment
    local, today = timezone.localtime(moment), timezone.localtime(now)
    days = (today.date() - local.date()).days
    if timedelta() <= past < timedelta(minutes=1):
        return _("Now")
    if timedelta() <= past < timedelta(hours=1):
        return _("%(n)s min") % {"n": past // timedelta(minutes=1)}
    if timedelta() <= past and (days == 0 or past < timedelta(hours=6)):
        return _("%(n)s h") % {"n": past // timedelta(hours=1)}
    if days == 1:
        return _("Yesterday")
    return day(moment, now)


def day(moment: datetime, now: datetime) -> str:
    """ "14 Nov", with the year when it is another one."""
    local = timezone.localtime(moment)
    same_year = local.year == timezone.localtime(now).year
    pattern = pgettext("date format", "j M") if same_year else pgettext("date format", "j M Y")
    return dateformat.format(local, pattern)


def exact(moment: datetime) -> str:
    """ "14 November 2026, 16:20", in the time zone of the page."""
    return dateformat.format(timezone.localtime(moment), pgettext("date format", "j F Y, H:i"))
