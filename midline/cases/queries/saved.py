"""What a person keeps of a list: saved views and the choice of columns."""

from dataclasses import replace

from django.http import QueryDict

from midline.cases.models import ColumnChoice, SavedView
from midline.cases.queries.asked import Asked
from midline.cases.queries.reach import Reach
from midline.people.policies import Actor


def views_of(actor: Actor) -> list[SavedView]:
    """The person's views in this workspace, in their order, each with its search."""
    rows = SavedView.objects.filter(person_id=actor.user_id, workspace=actor.workspace, removed_at=None)
    return list(rows.select_related("search"))


def columns_chosen(actor: Actor) -> list[str] | None:
    """The names of the columns that the person chose in this workspace; None when they chose nothing."""
    return ColumnChoice.objects.filter(person_id=actor.user_id, workspace=actor.workspace).values_list("names", flat=True).first()


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
