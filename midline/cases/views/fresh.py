"""Rows of an open list, anew: asked by the page when a live update says that something happened.

The page names the rows that it shows, each with its group. What the reader still sees comes back as it stands now, wherever it belongs
meanwhile: rows never move under the reader's hands. What the reader no longer sees is named as gone, and how many cases stand elsewhere
in the list now, or newly belong on this page, is a number to announce.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final, Self

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from midline.activity.services import record_access
from midline.cases.policies import cases_for
from midline.cases.queries import Asked, Reach, Row, columns_chosen, read_page, rows_of
from midline.cases.views.cells import Drawing
from midline.cases.views.columns import columns_of
from midline.cases.views.opening import open_collaborations, reach_in, view_asked
from midline.cases.views.shown import Column, ListPage
from midline.core.http import PortalRequest
from midline.core.workspace import Workspace

# A page shows 50 rows.
MOST: Final = 60
NAMES: Final = {Workspace.PROVIDER: "manage_orders", Workspace.COLLABORATOR: "collaborator_cases"}


@dataclass(frozen=True)
class Fresh:
    """shown: by number, the group under which the page shows the case. page: what it would show now."""

    shown: dict[str, str]
    page: ListPage

    @classmethod
    def of(cls, asked: Asked, reach: Reach, shown: Iterable[str]) -> Self:
        pairs = [one.rpartition(".") for one in list(shown)[:MOST]]
        named = {number: group for group, _dot, number in pairs if number.isascii() and number.isdigit() and len(number) < 16}
        return cls(named, ListPage(asked, reach, read_page(asked, reach)))

    @cached_property
    def rows(self) -> list[Row]:
        """The named cases that the reader sees now: by the policy, asked anew."""
        named = cases_for(self.page.reach.actor).filter(number__in=self.shown)
        cases = named.select_related("patient", "practice", "current_order__created_by", "provider__person")
        return rows_of([(self.shown[case.number or ""], case) for case in cases], self.page.reach)

    @property
    def gone(self) -> list[str]:
        seen = {row.number for row in self.rows}
        return [number for number in self.shown if number not in seen]

    @property
    def moved(self) -> int:
        """How many cases stand in another group than the page shows, left this page or newly belong on it.

        What only slid up or down because another came or went is not counted twice.
        """
        now = {case.number or "": group for group, case in self.page.page.rows}
        regrouped = sum(1 for number, group in self.shown.items() if number in now and now[number] != group)
        came = len(now.keys() - self.shown.keys()) - len(self.gone)
        left = sum(1 for row in self.rows if row.number not in now)
        return regrouped + max(came, left)

    @property
    def moved_words(self) -> str:
        return ngettext("%(n)s case changed", "%(n)s cases changed", self.moved) % {"n": self.moved} if self.moved else ""

    @property
    def gone_words(self) -> str:
        """What a person reads when rows disappear: never why, because a case that is not theirs says nothing."""
        if len(self.gone) == 1:
            return _("Case %(number)s is no longer in your list.") % {"number": self.gone[0]}
        return _("%(n)s cases are no longer in your list.") % {"n": len(self.gone)} if self.gone else ""

    @property
    def all(self) -> int:
        """How many cases the reader sees; the page sends it back, so that a share is noticed (`web/queries.py`)."""
        return self.page.reach.counts(self.page.asked.provider).all

    def drawn(self, columns: Sequence[Column], *, selects: bool) -> list[SafeString]:
        drawing = Drawing(self.page.reach.actor.workspace, columns, selects=selects)
        return [drawing.row(row) for row in self.rows]


@require_safe
def list_rows(request: PortalRequest, workspace: Workspace) -> HttpResponse:
    """The rows that the page names (`case=<group>.<number>`) as they stand now, with the counts of the tabs."""
    reach = reach_in(request, workspace)
    fresh = Fresh.of(view_asked(request, reach), reach, request.GET.getlist("case"))
    record_access(request, NAMES[workspace], [row.id for row in fresh.rows])
    selects = workspace is Workspace.PROVIDER and bool(open_collaborations(request.actor.provider_id))
    columns = columns_of(workspace, columns_chosen(request.actor), shares=selects or workspace is Workspace.COLLABORATOR)
    rows = fresh.drawn(columns, selects=selects)
    return render(request, "cases/_fresh.html", {"fresh": fresh, "rows": rows, "tabs": fresh.page.tabs})
