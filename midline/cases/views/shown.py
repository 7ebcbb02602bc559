"""What stands around the rows of a list: tabs, filters, columns, pages. Every link is an address that holds the whole view."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Self

from django.urls import reverse
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django_stubs_ext import StrOrPromise

from midline.activity.queries import newest_event
from midline.cases.models import Group, SavedView
from midline.cases.queries import PAGE, Asked, Page, Reach, Row, asked_of, counted_at_once, matches, parts_of, read_page, rows_of
from midline.cases.queries.asked import DERIVED, DERIVED_MOST, Unnamed
from midline.cases.queries.line import Line
from midline.cases.views.columns import Column
from midline.cases.views.filters import ORDERS, Chip, Place, chips_of
from midline.collaboration.models import Collaboration

__all__ = ["Column", "ListPage", "Stretch"]

GROUP_LABELS = {
    "evaluate": (gettext_lazy("To evaluate"), "peer"),
    "action": (Group.ACTION.label, Group.ACTION.tone),
    "progress": (Group.PROGRESS.label, Group.PROGRESS.tone),
    "closed": (Group.CLOSED.label, Group.CLOSED.tone),
}
SORT_LABELS = {
    "number": gettext_lazy("Case"),
    "patient": gettext_lazy("Patient"),
    "provider": gettext_lazy("Provider"),
    "practice": gettext_lazy("Practice"),
    "type": gettext_lazy("Case type"),
    "status": gettext_lazy("Status"),
    "activity": gettext_lazy("Last activity"),
    "people": gettext_lazy("Collaborators"),
    "cstatus": gettext_lazy("Collaborator status"),
    "turn": gettext_lazy("Whose turn"),
    "unread": gettext_lazy("Unread comments"),
}
# A first click on these begins with the newest.
NEWEST_FIRST = {"number", "activity", "people", "unread"}


@dataclass(frozen=True)
class Stretch:
    """Rows of one group; nameless when the list is sorted by a column."""

    name: str
    label: StrOrPromise
    tone: str
    count: int | None
    rows: list[Row] = field(default_factory=list)


@dataclass(frozen=True)
class ListPage:
    """One list as a page shows it: what was asked, who reads, and everything that follows. newest: the last event before it was read."""

    asked: Asked
    reach: Reach
    page: Page
    columns: Sequence[Column] = ()
    collaborations: Sequence[Collaboration] = ()
    place: Place = ORDERS
    views: Sequence[SavedView] = ()
    newest: int = 0

    @cached_property
    def rows(self) -> list[Row]:
        return rows_of(list(self.page.rows), self.reach)

    @cached_property
    def groups(self) -> list[Stretch]:
        """The rows in their groups; one nameless group when the list is sorted by a column."""
        found: list[Stretch] = []
        for row in self.rows:
            if not found or found[-1].name != row.group:
                label, tone = GROUP_LABELS.get(row.group, ("", ""))
                count = None if self.asked.narrows else self.tab_counts.get(row.group)
                found.append(Stretch(row.group, label, tone, count))
            found[-1].rows.append(row)
        return found

    @cached_property
    def tab_counts(self) -> dict[str, int]:
        return self.reach.tab_counts(self.asked.provider)

    @property
    def tabs(self) -> list[dict[str, object]]:
        """The groups. From a saved view they lead back to the plain list, else they keep what narrows it."""
        names = ("evaluate", "", "progress", "closed") if self.reach.is_collaborator else ("", "action", "progress", "closed")
        plain = Asked() if self.view else self.asked
        return [
            {
                "label": GROUP_LABELS[name][0] if name else _("All"),
                "url": plain.address(group=name, view=None),
                "count": self.tab_counts[name],
                "words": _grouped(self.tab_counts[name]),
                "tone": GROUP_LABELS[name][1] if name in {"evaluate", "action"} and self.tab_counts[name] else "",
                "current": self.asked.group == name and not self.view,
            }
            for name in names
        ]

    # --- saved views ------------------------------------------------------------------------------------------------

    @cached_property
    def view(self) -> SavedView | None:
        """The reader's own saved view that the address came from."""
        return next((view for view in self.views if view.pk == self.asked.view), None)

    @cached_property
    def view_changed(self) -> bool:
        """Whether the list shows something else than the saved view."""
        if self.view is None:
            return False
        kept = asked_of(self.view)
        return (parts_of(kept), kept.term) != (parts_of(self.asked), self.asked.term)

    @cached_property
    def saved(self) -> list[dict[str, object]]:
        """The saved views as tabs. count: None where it is fetched after the page."""
        found: list[dict[str, object]] = []
        for view in self.views:
            asked = asked_of(view)
            count = matches(asked, self.reach)[0] if counted_at_once(asked, self.reach) else None
            words = "" if count is None else _grouped(count)
            tab = {"id": view.pk, "label": view.name, "url": asked.address(), "count": count, "words": words}
            found.append({**tab, "current": view is self.view})
        return found

    @property
    def workspace(self) -> str:
        return self.reach.actor.workspace.value

    @property
    def selection_key(self) -> str:
        """What a selection belongs to: the cases that the view shows, in whatever order and from whichever page."""
        return replace(self.asked.but(sort=Unnamed.of("")), view=None).address()

    @cached_property
    def here(self) -> str:
        """The address of this list as it stands."""
        return reverse(self.place.list_name) + self.asked.address()

    # --- filters ----------------------------------------------------------------------------------------------------

    @cached_property
    def filters(self) -> list[Chip]:
        """The filters above this list: those that narrow it, and those that stand offered."""
        return chips_of(self.place, self.asked, self.reach, self.collaborations)

    @cached_property
    def filters_url(self) -> str:
        """Every filter, with what is chosen."""
        return reverse(self.place.filters_name) + self.asked.address()

    @property
    def is_filtered(self) -> bool:
        return self.asked.narrows

    @property
    def clear_url(self) -> str:
        """The same tab and order without filters and search."""
        return Asked(
            group=self.asked.group, provider=self.asked.provider, sort=self.asked.sort, collaboration=self.asked.collaboration
        ).address()

    @property
    def search_url(self) -> str:
        """Where the search box is sent: this view; the answer leads to the view with the search's id."""
        return self.asked.address(q=None)

    # --- order ------------------------------------------------------------------------------------------------------

    def _sort_url(self, name: str) -> str:
        if name == self.asked.sort.lstrip("-"):
            return self.asked.address(sort=name if self.asked.sort.startswith("-") else f"-{name}")
        return self.asked.address(sort=f"-{name}" if name in NEWEST_FIRST else name)

    def _may_sort(self, name: str) -> bool:
        """What is derived for each row sorts while few enough cases match; the rest always does."""
        return bool(name) and (name not in DERIVED or self.total[0] <= DERIVED_MOST)

    def _held(self, name: str) -> str:
        """Why a column that could sort does not now."""
        if not name or self._may_sort(name):
            return ""
        return _("Sorts while at most %(n)s cases match. Narrow the list with a filter or a search.") % {
            "n": number_format(DERIVED_MOST, force_grouping=True)
        }

    @property
    def heads(self) -> list[dict[str, object]]:
        current, direction = self.asked.sort.lstrip("-"), "descending" if self.asked.sort.startswith("-") else "ascending"
        return [
            {
                "label": column.label,
                "url": self._sort_url(column.sort) if self._may_sort(column.sort) else "",
                "held": self._held(column.sort),
                "direction": direction if column.sort == current else "",
                "class_name": column.class_name,
            }
            for column in self.columns
        ]

    @property
    def sorts(self) -> list[dict[str, object]]:
        """Every order, for the menu: on a phone there are no column heads."""
        shown = {column.sort for column in self.columns}
        own = [
            name for name in SORT_LABELS if name in shown or (name not in DERIVED and (name != "provider" or self.reach.is_collaborator))
        ]
        names = [name for name in own if self._may_sort(name)]
        current = self.asked.sort.lstrip("-")
        down = self.asked.sort.startswith("-")
        return [{"label": SORT_LABELS[name], "url": self._sort_url(name), "current": name == current, "down": down} for name in names]

    @property
    def sort_label(self) -> StrOrPromise:
        return SORT_LABELS[self.asked.sort.lstrip("-")]

    # --- pages ------------------------------------------------------------------------------------------------------

    @cached_property
    def total(self) -> tuple[int, bool]:
        """(how many cases the view shows, whether that is exact): the tab's count unless there is one page, or something narrows."""
        if self.page.rows and not self.page.before and not self.page.after:
            return len(self.page.rows), True
        if self.asked.narrows:
            return matches(self.asked, self.reach)
        return self.tab_counts[self.asked.group], True

    @cached_property
    def _pages(self) -> int:
        return max(1, -(-self.total[0] // PAGE))

    @property
    def _number(self) -> int:
        if not self.page.before:
            return 1
        # An estimate must not say that a page stands beyond the last one.
        most = self._pages if self.total[1] else max(self._pages, self.asked.page)
        return max(2, min(self.asked.page, most)) if self.page.after else max(2, most)

    @cached_property
    def pager(self) -> dict[str, str] | None:
        """First, Previous, "3 of about 12", Next, Last; None when one page holds everything."""
        if not self.page.before and not self.page.after:
            return None
        number, before, after = self._number, self.page.before, self.page.after
        pages = max(self._pages, number + bool(after))
        place = {"n": _grouped(number), "pages": _grouped(pages if self.total[1] else about(pages))}
        return {
            "first": self.asked.address() if before else "",
            "previous": self.asked.address(before=before, page=max(1, number - 1)) if before else "",
            "place": _("%(n)s of about %(pages)s") % place,
            "next": self.asked.address(after=after, page=number + 1) if after else "",
            "last": self.asked.address(last=True, page=pages) if after else "",
        }

    @property
    def range_words(self) -> str:
        """ "1–50 of 148 cases", "1–50 of about 200,000 cases"."""
        total, exact = self.total
        shown = len(self.page.rows)
        if not self.pager:
            return ngettext("%(n)s case", "%(n)s cases", shown) % {"n": shown}
        first = (self._number - 1) * PAGE + 1 if self.page.after or not exact else max(1, total - shown + 1)
        total = max(total, first + shown - 1)
        words = (
            ngettext("%(from)s–%(to)s of %(total)s case", "%(from)s–%(to)s of %(total)s cases", total)
            if exact
            else _("%(from)s–%(to)s of about %(total)s cases")
        )
        said = total if exact else max(about(total), first + shown - 1)
        return words % {"from": _grouped(first), "to": _grouped(first + shown - 1), "total": _grouped(said)}

    @property
    def match_words(self) -> str:
        """ "66 cases match", "About 12,000 cases match"."""
        total, exact = self.total
        if not exact:
            return _("About %(n)s cases match") % {"n": _grouped(about(total))}
        return ngettext("%(n)s case matches", "%(n)s cases match", total) % {"n": _grouped(total)}

    @property
    def all_words(self) -> str:
        """ "Select all 148 that match": without a number where it is an estimate, because the act counts exactly."""
        total, exact = self.total
        if not exact:
            return _("Select all that match")
        return ngettext("Select the %(n)s that matches", "Select all %(n)s that match", total) % {"n": _grouped(total)}

    @classmethod
    def of(cls, asked: Asked, reach: Reach, columns: Sequence[Column], **facts: Any) -> Self:
        """Reads the page that was asked for. facts: collaborations (for their filter), place (which filters), views (saved ones).

        An order that cannot be had while so many match is not claimed either.
        """
        unread = cls(asked, reach, Page(()), columns, **facts)
        if not unread._may_sort(asked.sort.lstrip("-")):
            asked = replace(asked, sort=Unnamed.of(asked.term), after="", before="", last=False, page=1)
        newest = newest_event()
        return cls(asked, reach, read_page(asked, reach), columns, newest=newest, **facts)

    @property
    def case_ids(self) -> list[int]:
        return [case.pk for case in self.page.cases]

    @property
    def cases(self) -> list[Line]:
        return self.page.cases


def about(number: int) -> int:
    """An estimate as it is said: two significant digits."""
    size = 10 ** max(0, len(str(number)) - 2)
    return int(round(number / size) * size)


def _grouped(number: int) -> str:
    return number_format(number, force_grouping=True)
