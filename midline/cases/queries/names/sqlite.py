"""Names looked up in SQLite: full-text tables of trigrams, which give ids in order, newest first, without collecting them.

In these tables each word stands after two spaces, and so does each sign of Han, Kana and Hangul with the one after it: what begins a word
is a trigram too (`migrations/_search_index.py`).
"""

# What was typed is a value of every statement; the rest is ours.
# ruff: noqa: S608

from collections.abc import Iterator, Sequence
from typing import Any, Final

from midline.cases.queries.names.plain import among, patient_tests, plain_tests, unhidden
from midline.cases.queries.names.words import Place, Search, Statement, Word
from midline.core.text import ANYWHERE

_GROWS: Final = 3
_LARGEST: Final = 4_096
# The cases of more clinicians than this are met by walking, or among those that the patients' names leave.
_MANY: Final = 200


def clinicians_holding(texts: Sequence[str]) -> list[tuple[Any, ...]]:
    """(number of the word, provider) for each clinician whose name holds it."""
    one = "SELECT {}, rowid FROM cases_cliniciansearch WHERE cases_cliniciansearch MATCH %s"
    every_word = " UNION ALL ".join(one.format(number) for number in range(len(texts)))
    return Statement(every_word, tuple(_quoted(text) for text in texts)).rows()


def stretches(search: Search, place: Place, first: int) -> Iterator[list[int]]:
    """Matching ids by stretches from a place on, each larger than the one before; the last one is not full."""
    size = first
    while True:
        ids = [pk for (pk,) in statement(search, place, size).rows()]
        yield ids
        if len(ids) < size:
            return
        place, size = place.following(ids[-1]), min(size * _GROWS, _LARGEST)


def statement(search: Search, place: Place, limit: int) -> Statement:
    """The ids of a stretch. One lookup for words of patients alone; else every way in which the longest words can match."""
    patients = tuple(word for word in search.words if word.is_patients)
    if patients:
        tests = plain_tests(tuple(word for word in search.words if word not in patients), search)
        return _by_names(patients, unhidden(search.hidden) & tests, place, limit)
    leading = search.leading
    others = plain_tests(tuple(word for word in search.words if word not in leading), search)
    ways = [_by_names(leading, unhidden(search.hidden) & others, place, limit)]
    for lacking, providers in search.clinicians_lacking(leading).items():
        ways.append(_by_clinicians(providers, lacking, others, place, limit))
    for word in leading:
        rest = others & plain_tests(tuple(other for other in leading if other != word), search)
        ways += [_by_number(beginning, rest, place, limit) for beginning in word.beginnings]
    union = " UNION ".join(f"SELECT id FROM ({way.sql})" for way in ways)
    return Statement(f"{union} ORDER BY id {place.direction} LIMIT {limit}", tuple(value for way in ways for value in way.values))


def _by_names(words: Sequence[Word], tests: Statement, place: Place, limit: int) -> Statement:
    """Cases whose patient's name holds every word."""
    table, match = "cases_patientsearch", " AND ".join(_quoted(word.text) for word in words)
    # CROSS JOIN: the full-text table comes first, whose order is that of the ids.
    tables = f"{table} CROSS JOIN cases_case c" if tests.sql else table
    where = Statement(f"{table} MATCH %s", (match,)) & Statement(f"c.id = {table}.rowid" if tests.sql else "") & tests
    return _ordered(f"SELECT {table}.rowid AS id FROM {tables}", where, place, f"{table}.rowid", limit)


def _by_clinicians(providers: list[int], lacking: tuple[Word, ...], tests: Statement, place: Place, limit: int) -> Statement:
    """Cases of these providers whose patient's name holds the words that the provider's lacks."""
    theirs = Statement(f"c.provider_id IN {among(providers)}")
    if not lacking:
        # Many are met often: walking the newest costs less than collecting all of theirs.
        index = "NOT INDEXED" if len(providers) ** 2 > _MANY * limit else "INDEXED BY case_p_id"
        return _ordered(f"SELECT c.id AS id FROM cases_case c {index}", theirs & tests, place, "c.id", limit)
    if len(providers) > _MANY:
        return _by_names(lacking, theirs & tests, place, limit)
    start = "SELECT c.id AS id FROM cases_case c INDEXED BY case_p_patient"
    return _ordered(start, theirs & patient_tests(lacking) & tests, place, "c.id", limit)


def _by_number(beginning: str, tests: Statement, place: Place, limit: int) -> Statement:
    """Cases whose number begins so, by number, which rises with the id."""
    number = Statement("c.number >= %s AND c.number < %s", (beginning, beginning[:-1] + chr(ord(beginning[-1]) + 1)))
    # The number of the nearest case on the far side of the place: that of the place itself may be gone, or be no case.
    if place.after is not None:
        far = f"SELECT number FROM cases_case WHERE id <= {int(place.after)} ORDER BY id DESC LIMIT 1"
        number &= Statement(f"c.number > coalesce(({far}), '')")
    elif place.before is not None:
        far = f"SELECT number FROM cases_case WHERE id >= {int(place.before)} ORDER BY id LIMIT 1"
        number &= Statement(f"c.number < coalesce(({far}), ':')")
    where = number & tests
    return Statement(
        f"SELECT c.id AS id FROM cases_case c WHERE {where.sql} ORDER BY c.number {place.direction} LIMIT {limit}", where.values
    )


def _ordered(start: str, where: Statement, place: Place, key: str, limit: int) -> Statement:
    where &= Statement(place.beyond(key))
    return Statement(f"{start} WHERE {where.sql} ORDER BY {key} {place.direction} LIMIT {limit}", where.values)


def _quoted(text: str) -> str:
    """A word as a phrase of trigrams, where it is too short with the spaces before it; signs of the query language are letters in it."""
    padded = text if len(text) >= ANYWHERE else f"{text:>{ANYWHERE}}"
    return '"' + padded.replace('"', '""') + '"'
