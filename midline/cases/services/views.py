"""Saved views and the choice of columns: what a person keeps of a list."""

from datetime import timedelta
from typing import Final
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from midline.cases.models import ColumnChoice, SavedView, SearchTerm
from midline.cases.services.searches import LONGEST
from midline.core import clock
from midline.core.errors import NotAllowedNow
from midline.people.models import User
from midline.people.policies import Actor

# A row of tabs that can still be looked over.
MOST: Final = 20
NAME_LONGEST: Final = 60
# Undo stands for seconds; the round leaves a removed view alone for so long.
REMOVED_KEPT: Final = timedelta(days=1)


class NameTaken(Exception):
    """The person has a view of this name; `view` is it. Saving again with `replace` puts the new one in its place."""

    def __init__(self, view: SavedView) -> None:
        super().__init__(view.name)
        self.view = view


def _own(view_id: UUID, by: Actor) -> SavedView:
    """The person's own view in this workspace, locked; raises SavedView.DoesNotExist for anybody else's."""
    rows = SavedView.objects.select_for_update().filter(person=by.user, workspace=by.workspace, removed_at=None)
    return rows.get(pk=view_id)


def _all(by: Actor) -> list[SavedView]:
    """Every view of the person in this workspace, in its order. The person's own row is locked first: two at once wait for each other."""
    User.objects.select_for_update().filter(pk=by.user_id).first()
    return list(SavedView.objects.select_for_update().filter(person=by.user, workspace=by.workspace, removed_at=None))


def _search(term: str, by: Actor) -> SearchTerm | None:
    """A row of the view's own for what was typed: the search of the address may go after its 90 days."""
    if not term:
        return None
    return SearchTerm.objects.create(person=by.user, workspace=by.workspace, term=term[:LONGEST], created_at=clock.now())


def _put(view: SavedView, query: str, term: str, by: Actor) -> None:
    """Writes what the view shows. Its search stays the same row while the same was typed."""
    before = view.search
    view.query = query
    if (before.term if before else "") != term:
        view.search = _search(term, by)
    view.save()
    if before and before.pk != view.search_id:
        before.delete()


@transaction.atomic
def view_save(*, name: str, query: str, term: str, by: Actor, replace: bool = False) -> SavedView:
    """Keeps a view under `name`: the parts of its address in `query`, what was typed in `term`.

    Raises NameTaken when there is one of this name and `replace` is not said, NotAllowedNow when there are MOST already.
    """
    words = " ".join(name.split())[:NAME_LONGEST]
    views = _all(by)
    same = next((view for view in views if view.name.casefold() == words.casefold()), None)
    if same and not replace:
        raise NameTaken(same)
    if same is None and len(views) >= MOST:
        raise NotAllowedNow(_("You have %(n)s views, the most that there can be. Delete one of them first.") % {"n": MOST})
    last = max((view.position for view in views), default=-1)
    view = same or SavedView(person=by.user, workspace=by.workspace, position=last + 1, created_at=clock.now())
    view.name = words
    _put(view, query, term, by)
    return view


@transaction.atomic
def view_update(*, view_id: UUID, query: str, term: str, by: Actor) -> SavedView:
    """The view shows from now on what `query` and `term` say. Raises SavedView.DoesNotExist."""
    view = _own(view_id, by)
    _put(view, query, term, by)
    return view


@transaction.atomic
def view_rename(*, view_id: UUID, name: str, by: Actor) -> SavedView:
    """Raises NameTaken when another view has the name, SavedView.DoesNotExist."""
    words = " ".join(name.split())[:NAME_LONGEST]
    views = _all(by)
    view = next((one for one in views if one.pk == view_id), None)
    if view is None:
        raise SavedView.DoesNotExist
    if taken := next((one for one in views if one.pk != view_id and one.name.casefold() == words.casefold()), None):
        raise NameTaken(taken)
    view.name = words
    view.save(update_fields=["name"])
    return view


@transaction.atomic
def view_move(*, view_id: UUID, step: int, by: Actor) -> SavedView:
    """Moves the tab by `step` places among the person's own, no further than the ends. Raises SavedView.DoesNotExist."""
    views = _all(by)
    at = next((number for number, view in enumerate(views) if view.pk == view_id), None)
    if at is None:
        raise SavedView.DoesNotExist
    view = views.pop(at)
    views.insert(max(0, min(len(views), at + step)), view)
    for number, one in enumerate(views):
        one.position = number
    SavedView.objects.bulk_update(views, ["position"])
    return view


@transaction.atomic
def view_remove(*, view_id: UUID, by: Actor) -> SavedView:
    """Takes the tab away; Undo brings it back. Raises SavedView.DoesNotExist."""
    view = _own(view_id, by)
    view.removed_at = clock.now()
    view.save(update_fields=["removed_at"])
    return view


@transaction.atomic
def view_restore(*, view_id: UUID, by: Actor) -> SavedView:
    """Undo of `view_remove`; done already, it is the same view. Raises SavedView.DoesNotExist, NotAllowedNow when its name or its place
    was taken meanwhile."""
    views = _all(by)
    view = SavedView.objects.select_for_update().get(pk=view_id, person=by.user, workspace=by.workspace)
    if view.removed_at is None:
        return view
    if len(views) >= MOST:
        raise NotAllowedNow(_("You have %(n)s views, the most that there can be. Delete one of them first.") % {"n": MOST})
    if any(one.name.casefold() == view.name.casefold() for one in views):
        raise NotAllowedNow(_("You have another view named “%(name)s” now. Rename that one first.") % {"name": view.name})
    view.removed_at = None
    view.save(update_fields=["removed_at"])
    return view


def views_forget() -> int:
    """Deletes views that were removed a day ago, with their searches. Returns how many."""
    gone = SavedView.objects.filter(removed_at__lt=clock.now() - REMOVED_KEPT)
    searches = list(gone.exclude(search=None).values_list("search_id", flat=True))
    count, _by_model = gone.delete()
    SearchTerm.objects.filter(pk__in=searches).delete()
    return count


@transaction.atomic
def columns_choose(*, names: list[str], by: Actor) -> None:
    """Keeps the columns of the person's list in this workspace, in this order; none goes back to those a list begins with."""
    if names:
        ColumnChoice.objects.update_or_create(person=by.user, workspace=by.workspace, defaults={"names": names})
    else:
        ColumnChoice.objects.filter(person=by.user, workspace=by.workspace).delete()
