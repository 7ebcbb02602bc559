"""What was typed into a search box: a row of the person, for 90 days."""

from datetime import timedelta
from typing import Final

from midline.cases.models import SearchTerm
from midline.core import clock
from midline.people.policies import Actor

KEPT: Final = timedelta(days=90)
LONGEST: Final = 120


def search_keep(*, term: str, by: Actor) -> SearchTerm | None:
    """Keeps what was typed and returns its row, whose random id the address carries; None when nothing was typed.

    Control signs are no letters, and PostgreSQL keeps no NUL.
    """
    words = " ".join(term.replace("\x00", "").split())[:LONGEST]
    return SearchTerm.objects.create(person=by.user, workspace=by.workspace, term=words, created_at=clock.now()) if words else None


def searches_forget() -> int:
    """Deletes what was typed 90 days ago, but for the searches of saved views. Returns how many rows went."""
    gone, _by_model = SearchTerm.objects.filter(created_at__lt=clock.now() - KEPT, saved_view=None).delete()
    return gone
