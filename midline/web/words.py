"""The sentences that the page's scripts say, in the reader's language; `assets/page.ts` reads them from #ml-words."""

from django.utils.translation import gettext as _


def words() -> dict[str, str]:
    return {
        "undo": _("Undo"),
        "show": _("Show"),
        "seconds": _("%(n)s s"),
        "now": _("Now"),
        "minutes": _("%(n)s min"),
        "hours": _("%(n)s h"),
        "yesterday": _("Yesterday"),
        "not_loaded": _("This did not load. Close it and open it again."),
        "no_connection": _("No connection since %(time)s."),
        "next_try": _("Next try in %(n)s s"),
        "gone_title": _("There is nothing at this address"),
        "gone_text": _("It was removed, or access to it has ended. Reload the page to see what is there now."),
        "fault_title": _("The server could not do that"),
        "fault_text": _("Nothing was changed. Try again in a moment."),
        "summary": _("Nothing was saved: %(n)s fields need you"),
        "missing": _("%(field)s is empty. Fill it in."),
        "not_chosen": _("Nothing is chosen. Choose one."),
        "not_ticked": _("This box is not ticked. Tick it to go on."),
        "no_email": _("“%(value)s” is not an e-mail address. It looks like name@practice.example."),
        "no_number": _("%(field)s takes a number."),
        "too_much": _("%(value)s is more than %(max)s. Enter %(min)s to %(max)s."),
        "too_little": _("%(value)s is less than %(min)s. Enter %(min)s to %(max)s."),
        "too_long": _("This is %(n)s characters long. At most %(max)s fit."),
        "too_short": _("This is too short. Enter at least %(min)s characters."),
    }
