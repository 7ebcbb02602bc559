"""Cases found by what was typed: every word is part of the patient's or the clinician's name, or begins the case number.

Two ways give the same answer. *Plain* tests ask the row; they fit where rows are few or are walked anyway. The *index* gives the ids of
what matches, newest first, however many cases there are: one engine a module. What it means that a name holds a word stands in
`core.text.holds`; a test holds all of them together.

The index knows no reader. Whoever takes ids from it asks the policy about them.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from itertools import chain, islice
from typing import Final

from django.db import connection
from django.db.models import Q

from midline.cases.queries.names import postgresql, sqlite
from midline.cases.queries.names.plain import plain_condition
from midline.cases.queries.names.words import Place, Search, Word
from midline.cases.queries.reach import Reach
from midline.core.text import holds, norm

__all__ = ["FEW", "newest", "search_condition", "search_ids", "search_of"]

# So many ids are taken from the index to be sorted by something else; where more match, a walk meets them often enough.
FEW: Final = 2_000
# Who sees a fifth of all cases finds a page in it.
FIRST_STRETCH: Final = 320
ENGINES: Final = {"sqlite": sqlite, "postgresql": postgresql}


def search_condition(term: str, reach: Reach, *, wide: bool = False, once: bool = False) -> Q:
    """That a case matches `term`, for this reader. `wide`: the reader sees many cases, so the index is asked first.

    Up to FEW matches become their ids; where more match, rows are tested as they are walked. `once`: in a statement that is composed
    once, where `plain.form_of` says that it can be.
    """
    search = search_of(term, reach)
    if not search.words:
        return Q(pk__in=[])
    if once:
        return plain_condition(search, once=True)
    if wide and len(ids := search_ids(term, reach)) < FEW:
        return Q(pk__in=ids)
    return plain_condition(search)


def search_ids(term: str, reach: Reach, most: int = FEW) -> list[int]:
    """The newest `most` matching cases; fewer are all there are.

    Of every reader: the policy is still to be asked about them. Hidden identity is respected. The reach remembers them.
    """
    known: dict[str, tuple[int, list[int]]] = vars(reach).setdefault("searches_found", {})
    asked, ids = known.get(term, (0, []))
    if asked < most and len(ids) == asked:
        search = search_of(term, reach)
        found = ENGINES[connection.vendor].stretches(search, Place(), most) if search.words else ()
        known[term] = (most, list(islice(chain.from_iterable(found), most)))
    return known[term][1][:most]


def newest(
    among: Callable[[list[int]], Collection[int]],
    term: str,
    reach: Reach,
    *,
    limit: int,
    before: int | None = None,
    after: int | None = None,
) -> list[int]:
    """The newest `limit` matches below `before`, or the oldest above `after`, of those that `among` leaves of a stretch of ids.

    `among` asks the policy, once a stretch. A common word ends at once; of a rare one there are few.
    """
    search, place = search_of(term, reach), Place(before, after)
    found: list[int] = []
    for ids in ENGINES[connection.vendor].stretches(search, place, FIRST_STRETCH) if search.words else ():
        left = among(ids)
        found += [one for one in ids if one in left]
        if len(found) >= limit:
            break
    return found[:limit]


def search_of(term: str, reach: Reach) -> Search:
    """What a term means to this reader. A reach is read once a request, and remembers it."""
    known: dict[str, Search] = vars(reach).setdefault("searches", {})
    if term not in known:
        texts = tuple(dict.fromkeys(norm(term).split()))
        clinicians = _clinicians(texts, reach) if texts else {}
        hidden = reach.hidden if texts else frozenset()
        known[term] = Search(tuple(Word(text, clinicians[text]) for text in texts), hidden)
    return known[term]


def _clinicians(texts: Sequence[str], reach: Reach) -> dict[str, frozenset[int]]:
    """By word the providers whose name holds it. In a provider's own list there is one, whose name is known."""
    if not reach.is_collaborator and (own := reach.actor.provider_id):
        name = norm(reach.actor.user.name)
        return {text: frozenset({own} if holds(name, text) else ()) for text in texts}
    found: dict[str, set[int]] = defaultdict(set)
    for number, provider in ENGINES[connection.vendor].clinicians_holding(texts):
        found[texts[number]].add(provider)
    return {text: frozenset(found[text]) for text in texts}
