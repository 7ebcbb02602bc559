"""Names looked up in PostgreSQL: GIN indexes of trigrams, and of the signs of scripts without spaces.

Such an index collects every match before it gives one, so where the newest cases show that many match, walking them is the faster way.
"""

# What was typed is a value of every statement; the rest is ours.
# ruff: noqa: S608

from collections.abc import Iterator, Sequence
from typing import Any, Final

from midline.cases.migrations._search_index import UNSPACED_PATTERN
from midline.cases.queries.names.plain import among, plain_tests, unhidden
from midline.cases.queries.names.words import Place, Search, Statement, Word, every
from midline.core.text import ANYWHERE, begins_words

# So many of the newest cases are asked how thickly the matches lie.
SAMPLE: Final = 2_000
# Measured: to fetch a match that the index named costs as much as walking over so many cases.
A_MATCH: Final = 14
_GROWS: Final = 3
_LARGEST: Final = 4_096


def clinicians_holding(texts: Sequence[str]) -> list[tuple[Any, ...]]:
    """(number of the word, provider) for each clinician whose name holds it."""
    each = [name_holds("n.name_norm", text) for text in texts]
    one = "SELECT {}, n.provider_id FROM cases_clinicianname n WHERE {}"
    every_word = " UNION ALL ".join(one.format(number, holds.sql) for number, holds in enumerate(each))
    return Statement(every_word, tuple(value for holds in each for value in holds.values)).rows()


def stretches(search: Search, place: Place, first: int) -> Iterator[list[int]]:
    """Matching ids by stretches from a place on, each larger than the one before."""
    size = first
    if not _is_common(search, first):
        found: list[int] = collected(search, place).rows()[0][0] or []
        while found:
            yield found[:size]
            found, size = found[size:], min(size * _GROWS, _LARGEST)
        return
    while True:
        ids = [int(pk) for (pk,) in walked(search, place, size).rows()]
        yield ids
        if len(ids) < size:
            return
        place, size = place.following(ids[-1]), min(size * _GROWS, _LARGEST)


def collected(search: Search, place: Place) -> Statement:
    """Every matching id from the indexes, in order. OFFSET 0 keeps the order out of it: for its sake the planner would walk."""
    where = every(_matches(word, search.hidden) for word in search.words) & Statement(place.beyond("c.id"))
    rows = f"SELECT c.id FROM cases_case c WHERE {where.sql} OFFSET 0"
    return Statement(f"SELECT array_agg(m.id ORDER BY m.id {place.direction}) FROM ({rows}) m", where.values)


def walked(search: Search, place: Place, limit: int) -> Statement:
    """The first matching ids, met by walking the cases in order."""
    where = plain_tests(search.words, search) & Statement(place.beyond("c.id"))
    return Statement(f"SELECT c.id FROM cases_case c WHERE {where.sql} ORDER BY c.id {place.direction} LIMIT {limit}", where.values)


def _is_common(search: Search, wanted: int) -> bool:
    """Whether walking to the first `wanted` matches costs less than fetching all of them.

    With a share f of N cases matching, wanted / f are walked over, or f * N fetched.
    """
    tests = plain_tests(search.words, search)
    newest = f"SELECT id, number, provider_id, patient_norm FROM cases_case ORDER BY id DESC LIMIT {SAMPLE}"
    counted = f"SELECT count(*), (SELECT max(id) FROM cases_case) FROM ({newest}) c WHERE {tests.sql}"
    found, cases = Statement(counted, tests.values).rows()[0]
    return bool(found) and wanted / (found / SAMPLE) < A_MATCH * (found / SAMPLE) * cases


def _matches(word: Word, hidden: frozenset[int]) -> Statement:
    clinicians = Statement(f"c.provider_id IN {among(word.clinicians)}" if word.clinicians else "")
    matching = (name_holds("c.patient_norm", word.text) | clinicians) & unhidden(hidden)
    for beginning in word.beginnings:
        matching |= Statement("c.number LIKE %s", (f"{beginning}%",))
    return matching


def name_holds(column: str, text: str) -> Statement:
    """That a comparable name holds a comparable word, in the form that the indexes answer."""
    escaped = text.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")
    if begins_words(text):
        return Statement(f"({column} LIKE %s OR {column} LIKE %s)", (f"{escaped}%", f"% {escaped}%"))
    if len(text) < ANYWHERE:
        return Statement(f"(cases_name_signs({column}) @> ARRAY[%s] AND {column} ~ '{UNSPACED_PATTERN}')", (text,))
    return Statement(f"{column} LIKE %s", (f"%{escaped}%",))
