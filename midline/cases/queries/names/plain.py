"""A search asked of the row alone: three columns, no index of names."""

from typing import Any, Final

from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import BooleanField, F, Func, Q, Value
from django.db.models.sql.compiler import SQLCompiler

from midline.cases.queries.names.words import Search, Statement, Word, every
from midline.core.text import begins_words

_PLACE_OF: Final = {"sqlite": "instr", "postgresql": "strpos"}


class _Holds(Func):
    """Whether a text holds another, asked of the row: neither LIKE nor an index."""

    output_field = BooleanField()
    template = "(%(function)s(%(expressions)s) > 0)"

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **context: Any) -> Any:  # type: ignore[override]
        return super().as_sql(compiler, connection, function=_PLACE_OF[connection.vendor], **context)


class _Spaced(Func):
    template = "(' ' || %(expressions)s)"


def plain_condition(search: Search) -> Q:
    """The search as a condition of the list's query."""
    condition = Q()
    for word in search.words:
        spaced = begins_words(word.text)
        column = _Spaced(F("patient_norm")) if spaced else F("patient_norm")
        named = Q(_Holds(column, Value(f" {word.text}" if spaced else word.text)))
        if word.clinicians:
            named |= Q(provider_id__in=sorted(word.clinicians))
        if search.hidden:
            named &= ~Q(provider_id__in=sorted(search.hidden))
        for beginning in word.beginnings:
            named |= Q(number__startswith=beginning)
        condition &= named
    return condition


def plain_tests(words: tuple[Word, ...], search: Search) -> Statement:
    """The same for some of the words, in SQL on the row `c`."""
    return every(_tested(word, search.hidden) for word in words)


def patient_tests(words: tuple[Word, ...]) -> Statement:
    """Whether the patient's name alone holds these words."""
    return every(_patient_holds(word) for word in words)


def _tested(word: Word, hidden: frozenset[int]) -> Statement:
    named = _patient_holds(word) | (Statement(f"c.provider_id IN {among(word.clinicians)}") if word.clinicians else Statement(""))
    tested = named & unhidden(hidden)
    for beginning in word.beginnings:
        tested |= Statement(f"substr(c.number, 1, {len(beginning)}) = %s", (beginning,))
    return tested


def _patient_holds(word: Word) -> Statement:
    place_of = _PLACE_OF[connection.vendor]
    if begins_words(word.text):
        return Statement(f"{place_of}(' ' || c.patient_norm, %s) > 0", (f" {word.text}",))
    return Statement(f"{place_of}(c.patient_norm, %s) > 0", (word.text,))


def unhidden(hidden: frozenset[int]) -> Statement:
    return Statement(f"c.provider_id NOT IN {among(hidden)}" if hidden else "")


def among(ids: frozenset[int] | list[int]) -> str:
    """A list of our own numbers, as they are."""
    return f"({', '.join(str(int(pk)) for pk in sorted(ids))})"
