"""What a person keeps of a list: saved views and the choice of columns."""

from dataclasses import replace
from typing import Any

from django.db.models import QuerySet
from django.http import QueryDict

from midline.cases.models import ColumnChoice, SavedView, SearchTerm
from midline.cases.queries.asked import Asked
from midline.cases.queries.reach import Reach
from midline.core.prepared import Slot, prepared
from midline.core.whole import columns_of, one, words_slot
from midline.people.policies import Actor


def views_of(actor: Actor) -> list[SavedView]:
    """The person's views in this workspace, in their order, each with its search."""
    found, own = [], len(columns_of(SavedView))
    for row in prepared("views", _views).rows(person=actor.user_id, workspace=actor.workspace.value):
        view = one(SavedView, row[:own])
        view.search = one(SearchTerm, row[own:]) if view.search_id else None
        found.append(view)
    return found


def _views() -> QuerySet[SavedView, Any]:
    rows = SavedView.objects.filter(person_id=Slot("person"), workspace=words_slot("workspace"), removed_at=None)
    return rows.values_list(*columns_of(SavedView), *(f"search__{name}" for name in columns_of(SearchTerm)))


def columns_chosen(actor: Actor) -> list[str] | None:
    """The names of the columns that the person chose in this workspace; None when they chose nothing."""
    rows = prepared("columns", _columns).rows(person=actor.user_id, workspace=actor.workspace.value)
    return rows[0][0] if rows else None


def _columns() -> QuerySet[ColumnChoice, Any]:
    return ColumnChoice.objects.filter(person_id=Slot("person"), workspace=words_slot("workspace")).order_by().values_list("names")[:1]


def asked_of(view: SavedView) -> Asked:
    """What a saved view asks for, with its search, from its first page. What the reader may have of it `own_view` says."""
    asked = Asked.of(QueryDict(view.query))
    return replace(asked, view=view.pk, q=view.search_id, term=view.search.term if view.search else "")


def parts_of(asked: Asked) -> str:
    """The parts of a view that are kept under its name: all of its address but the search, the view itself and the place in the list."""
    return replace(asked.but(), view=None, q=None).address().removeprefix("?")


def counted_at_once(asked: Asked, reach: Reach) -> bool:
    """Whether the counters say how many cases the view shows: it asks for nothing but a tab, a provider, statuses and categories."""
    derived = reach.is_collaborator and asked.group in {"evaluate", "progress"}
    return not derived and not replace(asked, status=(), category=()).narrows
